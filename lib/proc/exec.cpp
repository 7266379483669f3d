#include "lib/proc/exec.h"

#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

extern char** environ;  // NOLINT: POSIX gives it no header in C++

namespace wxsec::proc {
namespace {

std::vector<std::string> environment_of(const Spec& spec) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!spec.environment.contains(std::string(text.substr(0, text.find('='))))) {
      out.emplace_back(text);
    }
  }
  for (const auto& [name, value] : spec.environment)
    out.push_back(fmt::format("{}={}", name, value));
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

ExecImage::ExecImage(const Spec& spec)
    : argument_texts_{spec.program.string()}, environment_texts_(environment_of(spec)) {
  argument_texts_.insert(argument_texts_.end(), spec.arguments.begin(), spec.arguments.end());
  argv_ = pointers_to(argument_texts_);
  envp_ = pointers_to(environment_texts_);
}

void inherit_nothing_but_death(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
}

Ending ending_of(int status) {
  if (WIFEXITED(status)) return {WEXITSTATUS(status), std::nullopt};
  return {std::nullopt, WTERMSIG(status)};
}

}  // namespace wxsec::proc
