#include "lib/mqtt/accounts.h"

#include <fmt/core.h>

#include <algorithm>

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::fail;
using core::Result;

constexpr std::size_t kMaxFile = 1U << 20;

}  // namespace

Result<std::vector<Account>> read_accounts(const core::Path& file) {
  const core::Secret content(WXSEC_TRY(core::read_file(file, kMaxFile)));
  std::string_view text = content.reveal();
  std::vector<Account> accounts;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    if (colon == std::string_view::npos || name.empty() || find_account(accounts, name) != nullptr)
      return fail(Code::malformed, fmt::format("{} line {} is not 'name:password' with a new name",
                                               file.string(), number));
    accounts.push_back({std::string(name), core::Secret(std::string(line.substr(colon + 1)))});
  }
  return accounts;
}

Result<void> write_accounts(const core::Path& file, const std::vector<Account>& accounts) {
  std::string text =
      "# Passwords of the lesson without TLS. Everybody on the wire can read them.\n";
  for (const Account& account : accounts)
    text += fmt::format("{}:{}\n", account.name, account.password.reveal());
  const core::Secret content(std::move(text));
  return core::write_file_atomic(file, content.reveal(), {.mode = 0600});
}

const Account* find_account(const std::vector<Account>& accounts, std::string_view name) {
  const auto found = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const Account& account) { return account.name == name; });
  return found == accounts.end() ? nullptr : &*found;
}

}  // namespace wxsec::mqtt
