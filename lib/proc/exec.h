// What fork and exec need, built before the fork: afterwards no allocation is allowed (another
// thread may have held the allocator's lock). For the files of this folder alone.
#pragma once

#include <string>
#include <vector>

#include "lib/proc/child.h"

namespace wxsec::proc {

class ExecImage {
 public:
  explicit ExecImage(const Spec& spec);
  ExecImage(const ExecImage&) = delete;
  ExecImage& operator=(const ExecImage&) = delete;

  char* const* arguments() const { return argv_.data(); }
  char* const* environment() const { return envp_.data(); }

 private:
  std::vector<std::string> argument_texts_;
  std::vector<std::string> environment_texts_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

// In the child, right after the fork: default signal mask and SIGPIPE, and SIGKILL for us when the
// thread that forked dies; leaves at once if that happened already.
void inherit_nothing_but_death(pid_t parent);

// From waitpid's status.
Ending ending_of(int status);

}  // namespace wxsec::proc
