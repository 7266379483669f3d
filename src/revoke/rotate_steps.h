// The three steps of a roll-over from authority A to B: A, A+B, B. Each may be killed at any moment
// and run again.
#pragma once

#include "src/revoke/rotate_run.h"

namespace wxsec::certs {

// B is made, and both are trusted.
core::Result<void> trust_both(RotateRun& run);
// B signs from now on, and every identity moves to it.
core::Result<void> reissue(RotateRun& run);
// A is trusted no more.
core::Result<void> trust_new(RotateRun& run);
// The last part of that, which may be done again at any time: the services are told, and prove that
// they let in clients of B alone.
core::Result<void> tell_of_new(RotateRun& run);

}  // namespace wxsec::certs
