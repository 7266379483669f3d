#include "cmd/exit_code.h"

namespace wxsec::cmd {

Exit exit_for(core::Code code) {
  switch (code) {
    case core::Code::usage: return Exit::usage;
    case core::Code::internal: return Exit::internal;
    case core::Code::not_authorised: return Exit::not_authorised;
    case core::Code::interrupted: return Exit::interrupted;
    default: return Exit::environment;
  }
}

}  // namespace wxsec::cmd
