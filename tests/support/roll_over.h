// Roll-overs without services, by a clock that tests own.
#pragma once

#include "src/revoke/rotate.h"
#include "tests/support/fast_directory.h"

namespace wxsec::certs::test {

// Nobody is there to be told.
inline RotateOptions untold_roll_over(const Made& made) {
  RotateOptions options;
  options.dir = made.dir;
  options.untold = true;
  return options;
}

}  // namespace wxsec::certs::test
