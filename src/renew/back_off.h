// Who failed in a round of `certs watch`, and when that is tried again: soon, then twice as late
// each time. Each identity by itself, so that one that keeps failing delays nobody else.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/renew/renew.h"

namespace wxsec::certs {

class BackOff {
 public:
  BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
      : shortest_(shortest), longest_(longest) {}

  // For RenewOptions::resting: those whose time has not come at `now`.
  std::map<std::string, core::Error> resting(core::Instant now) const;

  // Takes over what a round says that began at `began` and ended `now`. One that was only told of,
  // for it rested, waits on as before; one that did not fail is forgotten.
  void note(const core::Result<RenewReport>& round, core::Instant began, core::Instant now);

  // When the first of them is to be tried again; Instant::max() where nothing failed.
  core::Instant next() const;

  // All are tried in the next round. How often they failed is remembered.
  void wake();

 private:
  struct Rest {
    core::Instant until = {};
    std::chrono::milliseconds pause{};
    core::Error why = {};
  };

  Rest after(const std::string& name, const core::Error& why, core::Instant began,
             core::Instant now) const;
  void nobody_tried(const core::Error& why, core::Instant began, core::Instant now);

  std::chrono::milliseconds shortest_;
  std::chrono::milliseconds longest_;
  std::map<std::string, Rest>
      rests_;  // by identity; "" is the round as a whole, or its revocation list
};

}  // namespace wxsec::certs
