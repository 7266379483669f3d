// What a replacement did to who renewed the certificate before (src/certs/renewer.h).
#pragma once

#include <fmt/core.h>

#include <string>
#include <vector>

#include "cmd/context.h"

namespace wxsec::cmd {

inline void tell_dismissed(const std::vector<std::string>& dismissed, const Context& context) {
  for (const std::string& file : dismissed)
    context.note(fmt::format(
        "{} is set aside as {}.replaced: who renewed the certificate before leaves this one alone",
        file, file));
}

}  // namespace wxsec::cmd
