#include "cmd/context.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "cmd/json_text.h"
#include "lib/core/escape.h"

namespace wxsec::cmd {
namespace {

void to_stderr(std::string_view label, std::string_view text) {
  const std::string line = fmt::format("wxsec: {}{}\n", label, core::escape_terminal(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void Context::print(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return;
  if (errno != EPIPE) to_stderr(err.bad("error: "), "cannot write to standard output");
  std::_Exit(static_cast<int>(Exit::environment));
}

void Context::warn(std::string_view text) const { to_stderr(err.doubt("warning: "), text); }

void Context::note(std::string_view text) const {
  if (verbosity >= 0) to_stderr("", text);
}

void Context::error(const core::Error& error) const {
  to_stderr(err.bad("error: "), error.what);
  if (!error.hint.empty()) to_stderr(err.cyan("hint: "), error.hint);
}

Exit Context::failed(const core::Error& error) const {
  this->error(error);
  if (json) {
    const nlohmann::ordered_json body{
        {"error",
         {{"code", core::code_name(error.code)}, {"what", error.what}, {"hint", error.hint}}}};
    print(json_text(body));
  }
  return exit_for(error.code);
}

}  // namespace wxsec::cmd
