// Generations: how a pair of key and certificate gets into its folder so that at every moment, also
// that of a crash, `current` leads to a pair that belongs together.
//
//     broker/.new-4711-0/     all files written here first, with their final modes
//     broker/0002/            renamed, then synced to the disk
//     broker/current -> 0002  one rename of a link: the moment of truth
//
// Readers resolve `current` once and read all files of the folder that it named.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "src/certs/key_access.h"

namespace wxsec::certs {

struct Pair {
  std::vector<pki::Certificate> chain;  // leaf first, without the root
  core::Secret key_pem;                 // empty: the key is elsewhere, no privkey.pem is written
};

// The same as text, borrowed: for those who write thousands with one chain.
struct PairText {
  std::string_view leaf;
  std::string_view chain;
  std::string_view key;  // empty: held elsewhere
};

// Writes many generations, all on one file system, with two syncs in all. Holds no lock: the caller
// has the directory's.
class Installer {
 public:
  // Writes the next generation of `folder` (created if need be) beside its others and returns its
  // path; `current` still leads to the old one. Left-overs of killed runs are removed on the way.
  // Fails: permission, io (disk full), unsupported when the folder is a symbolic link.
  core::Result<core::Path> stage(const core::Path& folder, const Pair& pair, const Access& access);
  core::Result<core::Path> stage(const core::Path& folder, const PairText& pair,
                                 const Access& access);
  // A generation that is on its place already, but not yet current.
  void add(core::Path generation) { staged_.push_back(std::move(generation)); }
  // Takes over what another one staged.
  void absorb(Installer&& other);

  // Leaves a staged generation out of the commit; its files are the caller's to remove.
  void forget(const core::Path& generation) { std::erase(staged_, generation); }

  // Syncs all staged files, then points each `current` at its new generation, then syncs those.
  core::Result<void> commit();
  // The same in two steps, for what must be on the disk before it may be in use.
  core::Result<void> sync() const;
  core::Result<void> link();

 private:
  // Whether this process's umask leaves 0755 and 0644 alone: seen once, then no mode needs mending.
  enum class Umask { unknown, mild, strict };
  core::Result<void> write_pair(const core::Path& folder, const PairText& pair,
                                const Access& access);
  core::Result<bool> make_folder(const core::Path& folder, mode_t mode);

  std::vector<core::Path> staged_;
  Umask umask_ = Umask::unknown;
};

}  // namespace wxsec::certs
