// What `wxsec version --json` and `wxsec --version --json` print.
#pragma once

#include <string>

namespace wxsec::cmd {

std::string version_json();

}  // namespace wxsec::cmd
