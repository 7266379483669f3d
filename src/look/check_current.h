// The pair of an identity that is in use, as its service would load it. For check.cpp and list.cpp.
#pragma once

#include <map>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "src/certs/place.h"
#include "src/certs/revoked_here.h"
#include "src/look/check_file.h"

namespace wxsec::certs {

class CurrentChecker {
 public:
  explicit CurrentChecker(core::Instant now) : now_(now) {}

  // Adds one item on the pair that `folder`/current leads to, not on every file of every
  // generation: the certificate by `checker`, and then all that could keep a service from loading
  // it. `place` is where the remedies apply.
  void check(const core::Path& folder, const Place& place, FileChecker& checker,
             std::vector<CheckItem>& items);

 private:
  void check_pair(const core::Path& folder, const core::Path& generation, FileChecker& checker,
                  std::vector<CheckItem>& items);
  void recall_revocation(const core::Path& dir, const core::Path& generation, CheckItem& item);

  core::Instant now_;
  std::map<core::Path, RevokedHere> revoked_ = {};  // by directory, of those that were asked for
};

}  // namespace wxsec::certs
