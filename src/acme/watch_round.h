// What came from ACME servers, renewed in the rounds of `certs watch`: one daemon for all.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/clock.h"
#include "src/acme/issue.h"
#include "src/acme/renew.h"
#include "src/certs/threshold.h"
#include "src/renew/renew.h"

namespace wxsec::acme {

class WatchRound {
 public:
  WatchRound(RunOptions run, certs::Threshold within) : run_(std::move(run)), within_(within) {}

  // Renews those of `round`'s identities that have an acme.json and are due by their server's wish
  // or their age, and replaces what the round says of them. `alive` is called while servers are
  // waited for.
  //
  // Public authorities count what is asked of them. So one that failed rests for an hour; one that
  // was renewed for a tenth of its life, an hour at most, whatever a wrong clock says of it.
  void join(certs::RenewReport& round, const std::function<void()>& alive, const core::Clock& clock,
            const std::stop_token& stop);

 private:
  struct Rest {
    core::Instant until;
    std::optional<core::Error> error;  // of the one that failed
  };

  const Rest* rest_of(const std::string& name, core::Instant now) const;
  RenewOptions options_for(std::vector<std::string> names,
                           const std::function<void()>& alive) const;
  void note(const RenewItem& done, certs::RenewItem& item, core::Instant now);

  RunOptions run_;
  certs::Threshold within_;
  std::map<std::string, Rest> rests_;
};

}  // namespace wxsec::acme
