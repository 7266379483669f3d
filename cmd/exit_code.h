// The one table of exit codes.
#pragma once

#include "lib/core/error.h"

namespace wxsec::cmd {

enum class Exit : int {
  fine = 0,
  findings = 1,        // something at or above --fail-on
  usage = 2,           // the command line is wrong
  critical = 2,        // of certs check --nagios --critical alone: where Nagios has it
  environment = 3,     // permission, cannot connect, missing program or file
  internal = 4,        // our bug
  not_authorised = 5,  // no scope file covers the target
  interrupted = 130,   // SIGINT or SIGTERM
};

Exit exit_for(core::Code code);

}  // namespace wxsec::cmd
