#include "src/broker/plan.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <array>

#include "lib/core/shell_word.h"
#include "src/certs/crl_file.h"
#include "src/weather/station.h"

namespace wxsec::broker {
namespace {

using core::Code;
using core::fail;
using core::Result;

constexpr std::uint16_t kTlsPort = 8883;
constexpr std::uint16_t kPlainPort = 1883;

// 15 letters and digits that are not mistaken for each other: 75 bits.
Result<core::Secret> random_password() {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(kLetters.size() == 32, "a byte's low five bits choose without bias");
  std::array<unsigned char, 15> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return fail(Code::internal, "the system gives no random bytes");
  std::string text;
  for (const unsigned char byte : random) text.push_back(kLetters[byte % kLetters.size()]);
  return core::Secret(std::move(text));
}

std::vector<std::string> lesson_names(const Settings& settings, unsigned stations) {
  std::vector<std::string> names{settings.reader, settings.operator_name};
  for (unsigned number = 1; number <= stations; ++number)
    names.push_back(weather::station_name(number));
  return names;
}

Result<void> add_accounts(const PlanOptions& options, const core::Path& out, Settings& settings) {
  const core::Path file = accounts_file(out);
  std::vector<Account>& accounts = settings.accounts;
  if (core::path_exists(file)) accounts = WXSEC_TRY(mqtt::read_accounts(file));
  const std::size_t known = accounts.size();
  for (std::string& name : lesson_names(settings, options.stations)) {
    if (mqtt::find_account(accounts, name) != nullptr) continue;
    core::Secret password = WXSEC_TRY(random_password());
    accounts.push_back({std::move(name), std::move(password)});
  }
  settings.keep_accounts = accounts.size() != known;
  return {};
}

// A broker without its revocation list would let revoked stations in again, and say nothing.
Result<void> check_present(const BrokerFiles& files, const core::Path& dir) {
  const std::string at = core::shell_word(dir.string());
  for (const core::Path& file : {files.ca, files.certificate, files.key}) {
    std::error_code gone;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file, gone)))
      return fail(Code::not_found, fmt::format("{} is not there", file.string()),
                  fmt::format("make the certificates first: wxsec certs init --dir {}", at));
  }
  if (files.crl && !core::path_exists(*files.crl))
    return fail(Code::not_found,
                fmt::format("{} is not there: without a revocation list revoked stations would "
                            "get in again",
                            files.crl->string()),
                certs::lost_list_hint(dir));
  return {};
}

}  // namespace

core::Path default_out(Security security) {
  return security == Security::plaintext_lesson ? "broker-lesson" : "broker";
}

core::Path accounts_file(const core::Path& out) { return out / "accounts"; }

Result<Settings> plan(const PlanOptions& options) {
  const bool lesson = options.security == Security::plaintext_lesson;
  const std::uint16_t port = lesson ? kPlainPort : kTlsPort;
  const std::string listen =
      options.listen.empty() ? fmt::format("127.0.0.1:{}", port) : options.listen;
  const net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(listen, port));
  Settings settings;
  settings.bind_address = endpoint.host;
  settings.port = endpoint.port;
  settings.security = options.security;
  settings.user = options.user;
  if (lesson) {
    WXSEC_TRY(add_accounts(
        options, options.out.empty() ? default_out(options.security) : options.out, settings));
  } else {
    settings.certs_dir = options.dir;
    settings.files = files_from(options.dir);
    WXSEC_TRY(check_present(settings.files, options.dir));
  }
  return settings;
}

}  // namespace wxsec::broker
