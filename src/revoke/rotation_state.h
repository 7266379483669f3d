// How far a roll-over of the authority has come, on the disk: what a killed run goes on from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

//     A                         A+B                                B
//     publishing > published > reissuing > reissued > dropping > done
enum class RotationPhase {
  publishing,  // B was made; ca.pem is being extended, the services told
  published,   // everybody here trusts both: step 1 is done
  reissuing,   // B signs from now on; the identities move over
  reissued,    // all have moved: step 2 is done
  dropping,    // ca.pem is B's alone; the services are told
  done,        // B is the A of the next time
};
std::string_view rotation_phase_text(RotationPhase phase);

struct RotationState {
  RotationPhase phase = RotationPhase::publishing;
  core::Instant since = {};   // when the phase was reached
  std::string old_root = {};  // names of generations: "0001"
  std::string old_issuing = {};
  std::string new_root = {};
  std::string new_issuing = {};
  bool told = false;  // some service was told of both, or has proven that it trusts both
  // Servers with a certificate of B in their folder, of which nobody was told, nor has anybody seen
  // that it is served: what runs shows one of A.
  std::vector<std::string> untold = {};
};

core::Path rotation_file(const Layout& layout);

// None where there never was a roll-over. Fails: malformed, permission, io.
core::Result<std::optional<RotationState>> load_rotation(const Layout& layout);
core::Result<void> save_rotation(const Layout& layout, const RotationState& state);

}  // namespace wxsec::certs
