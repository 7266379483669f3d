// What the steps of one roll-over work on together.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string_view>

#include "lib/core/clock.h"
#include "src/certs/authority.h"
#include "src/certs/layout.h"
#include "src/revoke/rotate.h"
#include "src/revoke/rotation_state.h"

namespace wxsec::certs {

struct RotateRun {
  const RotateOptions& options;
  const core::Clock& clock;
  std::stop_token stop;
  Layout layout;
  std::optional<RotationState> state;
  RotateReport report;

  core::Instant now() const { return std::chrono::floor<std::chrono::seconds>(clock.now()); }
  void tell(std::string_view what) const {
    if (options.on_progress) options.on_progress(what);
  }
};

inline bool under_way(const std::optional<RotationState>& state) {
  return state && state->phase != RotationPhase::done;
}

// By the state, which must be there; the keys are opened with the options' passphrase.
core::Result<Authority> old_authority(const RotateRun& run);
core::Result<Authority> new_authority(const RotateRun& run);

}  // namespace wxsec::certs
