// The next generation of one identity, due or not.
#pragma once

#include "src/renew/renew.h"
#include "tests/support/fast_directory.h"

namespace wxsec::certs::test {

inline void force_renewal(const Made& made, const char* name) {
  RenewOptions options;
  options.dir = made.dir;
  options.names = {name};
  options.force = true;
  REQUIRE(renew(options, made.clock, {}).value().ok());
}

}  // namespace wxsec::certs::test
