// The generations that lie in an identity's folder (generation.h writes them): which one is in use,
// which are backups, which were taken out of use, and how many are kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// The generation that `current` names in `folder`: ".../broker/0002". Fails: not_found; unsupported
// where the link leads to anything else than a generation of this folder, which may be anybody's.
core::Result<core::Path> resolve_current(const core::Path& folder);

// Whether it has one. Fails with unsupported as resolve_current(): nothing takes the place of such
// a link unasked.
core::Result<bool> is_in_use(const core::Path& folder);

// Generations in `folder`, oldest first: "0001", "0002". Directories of this very place alone: one
// that is a link may lead to what is somebody else's.
std::vector<std::string> generations_in(const core::Path& folder);

// The number in a generation's name: "0002" is 2.
std::optional<unsigned> generation_number(std::string_view name);
inline constexpr unsigned kMaxGeneration = 99'999;

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
