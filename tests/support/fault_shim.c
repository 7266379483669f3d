/* A library to be preloaded (LD_PRELOAD) that counts the calls by which a program changes files, and makes one of them
 * go wrong:
 *
 *     FAULT=kill-before|kill-after|ENOSPC|EIO   what happens
 *     FAULT_AT=N                                at the N-th call
 *     FAULT_COUNT=FILE                          how many there were, written at the end of a run that gets there
 *
 * A write that fails for lack of space has written half of it first, as on a real disk. Descriptors 0 to 2 do not
 * count. Built and used by certs_faults_test.sh. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;
static long fault_at;
static const char* fault;

__attribute__((constructor)) static void begin(void) {
  const char* at = getenv("FAULT_AT");
  fault_at = at ? atol(at) : 0;
  fault = getenv("FAULT");
}

__attribute__((destructor)) static void end(void) {
  const char* path = getenv("FAULT_COUNT");
  FILE* file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld\n", calls);
  fclose(file);
}

/* 0: go on; 1: fail with errno; 2: die after the call */
static int judge(void) {
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != fault_at || !fault) return 0;
  if (!strcmp(fault, "kill-before")) kill(getpid(), SIGKILL);
  if (!strcmp(fault, "kill-after")) return 2;
  errno = !strcmp(fault, "EIO") ? EIO : ENOSPC;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(name, call)                        \
  {                                             \
    const int verdict = judge();                \
    if (verdict == 1) return -1;                \
    const __typeof__(call) result = call;       \
    if (verdict == 2) kill(getpid(), SIGKILL);  \
    return result;                              \
  }

int mkdir(const char* path, mode_t mode) WRAP(mkdir, REAL(mkdir)(path, mode))
int rename(const char* from, const char* to) WRAP(rename, REAL(rename)(from, to))
int symlink(const char* to, const char* path) WRAP(symlink, REAL(symlink)(to, path))
int unlink(const char* path) WRAP(unlink, REAL(unlink)(path))
int unlinkat(int dir, const char* path, int flags) WRAP(unlinkat, REAL(unlinkat)(dir, path, flags))
int fsync(int fd) WRAP(fsync, REAL(fsync)(fd))
int fdatasync(int fd) WRAP(fdatasync, REAL(fdatasync)(fd))
int syncfs(int fd) WRAP(syncfs, REAL(syncfs)(fd))
int fchmod(int fd, mode_t mode) WRAP(fchmod, REAL(fchmod)(fd, mode))
int chmod(const char* path, mode_t mode) WRAP(chmod, REAL(chmod)(path, mode))
int ftruncate64(int fd, off64_t size) WRAP(ftruncate64, REAL(ftruncate64)(fd, size))
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) WRAP(pwrite64, REAL(pwrite64)(fd, data, size, at))

ssize_t write(int fd, const void* data, size_t size) {
  if (fd <= 2) return REAL(write)(fd, data, size);
  const int verdict = judge();
  if (verdict == 1 && errno == ENOSPC && size > 1) return REAL(write)(fd, data, size / 2) < 0 ? -1 : (errno = ENOSPC, -1);
  if (verdict == 1) return -1;
  const ssize_t result = REAL(write)(fd, data, size);
  if (verdict == 2) kill(getpid(), SIGKILL);
  return result;
}

static mode_t mode_of(int flags, va_list list) { return flags & O_CREAT ? va_arg(list, mode_t) : 0; }

#define OPENER(name, parameters, first)                                     \
  int name parameters {                                                     \
    va_list list;                                                           \
    va_start(list, flags);                                                  \
    const mode_t mode = mode_of(flags, list);                               \
    va_end(list);                                                           \
    const int verdict = flags & O_CREAT ? judge() : 0;                      \
    if (verdict == 1) return -1;                                            \
    const int fd = first;                                                   \
    if (verdict == 2) kill(getpid(), SIGKILL);                              \
    return fd;                                                              \
  }
OPENER(open, (const char* path, int flags, ...), REAL(open)(path, flags, mode))
OPENER(open64, (const char* path, int flags, ...), REAL(open64)(path, flags, mode))
OPENER(openat, (int dir, const char* path, int flags, ...), REAL(openat)(dir, path, flags, mode))
OPENER(openat64, (int dir, const char* path, int flags, ...), REAL(openat64)(dir, path, flags, mode))
