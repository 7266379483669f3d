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

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"

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

// Who may read: kept over renewals by access_of().
struct Access {
  mode_t key_mode = 0600;
  std::optional<gid_t> group;
  mode_t folder_mode = 0755;
};

// "mosquitto" or "115" as a group. Fails with usage when there is none.
core::Result<gid_t> find_group(std::string_view name_or_number);

// Mode and group of the key that is current in `folder`; the defaults if none is.
Access access_of(const core::Path& folder);

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

// The generation that `current` names in `folder`: ".../broker/0002". Fails with not_found.
core::Result<core::Path> resolve_current(const core::Path& folder);

// Generations in `folder`, oldest first: "0001", "0002".
std::vector<std::string> generations_in(const core::Path& folder);

// A generation that was taken out of use again lies there as no backup: nothing goes back to it by
// itself, and it does not count among those that are kept.
enum class RolledBack { by_failure, by_hand };  // its service did not take it; somebody wished so
// Fails: permission, io (disk full).
core::Result<void> mark_rolled_back(const core::Path& generation, RolledBack how);
std::optional<RolledBack> rolled_back(const core::Path& generation);
// For one that is in use again.
void clear_rolled_back(const core::Path& generation);

// Removes all but the newest `keep` generations that were good, and those that were rolled back but
// for the last one, which goes with the first good one after it. Never the current one.
void prune_generations(const core::Path& folder, std::size_t keep);
inline constexpr std::size_t kKeptGenerations = 5;

}  // namespace wxsec::certs
