// NSS names certificates by nickname, and certutil deletes by nickname; but certificates with the
// same subject share theirs, whatever was asked for, and then the wrong one may go. So the database
// is read before and after: ours is gone when its bytes are gone, and a stranger's certificate that
// went with it is put back as it was.
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "src/trust/trust_store.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::chrono::seconds kCertutilTime{30};
constexpr const char* kTrustsServers = "C,,";  // may vouch for TLS servers, for nothing else

struct Entry {
  std::string nickname;
  std::string flags;  // "C,,"
  std::vector<Certificate> certificates;
};

std::string nickname_of(const Certificate& authority) {
  std::string name = "wxsec ";
  for (const char c : authority.common_name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == ' ';
    if (plain && name.size() < 60) name.push_back(c);
  }
  return name + " " + authority.sha256.substr(0, 16);
}

core::Result<std::string> certutil(const core::Path& place, std::vector<std::string> arguments,
                                   std::string input) {
  proc::Spec spec;
  spec.program = WXSEC_TRY(proc::which("certutil", "libnss3-tools"));
  spec.arguments = {"-d", "sql:" + place.string(), "-f", "/dev/null"};  // never asks for a password
  spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
  spec.input = std::move(input);
  const proc::Output output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kCertutilTime)));
  if (output.ending.ok()) return output.out;
  std::string why = output.out;
  while (why.ends_with('\n')) why.pop_back();
  return core::fail(core::Code::child_failed,
                    fmt::format("certutil failed in {}: {}", place.string(), why),
                    "a database with a password must be opened in its browser; close the browser "
                    "and run it again");
}

bool is_flags(std::string_view word) {
  return std::count(word.begin(), word.end(), ',') == 2 &&
         word.find_first_not_of("pPcCTuwg,") == std::string_view::npos;
}

// "nickname with blanks          C,,  ": nothing for the lines of the heading.
std::optional<Entry> entry_of(std::string_view line) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos || !is_flags(line.substr(blank + 1))) return std::nullopt;
  Entry entry;
  entry.flags = line.substr(blank + 1);
  line = line.substr(0, blank);
  while (line.ends_with(' ')) line.remove_suffix(1);
  entry.nickname = line;
  return entry;
}

core::Result<std::vector<Entry>> entries_in(const core::Path& place) {
  std::vector<Entry> entries;
  const std::string listing = WXSEC_TRY(certutil(place, {"-L"}, {}));
  std::string_view rest = listing;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (auto entry = entry_of(rest.substr(0, end))) entries.push_back(std::move(*entry));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  for (Entry& entry : entries) {
    const auto text = certutil(place, {"-L", "-n", entry.nickname, "-a"}, {});
    if (!text) continue;  // a name that certutil itself cannot find again: nothing of ours
    if (auto found = pki::parse_certificates(*text)) entry.certificates = std::move(*found);
  }
  return entries;
}

bool holds(const Entry& entry, const Certificate& certificate) {
  return std::any_of(entry.certificates.begin(), entry.certificates.end(),
                     [&](const Certificate& other) { return other.der == certificate.der; });
}

bool hold(const std::vector<Entry>& entries, const Certificate& certificate) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Entry& entry) { return holds(entry, certificate); });
}

// Ours by its own nickname where it has that, else by any that leads to it.
const Entry* find(const std::vector<Entry>& entries, const Certificate& authority) {
  const Entry* found = nullptr;
  for (const Entry& entry : entries) {
    if (!holds(entry, authority)) continue;
    if (found == nullptr || entry.nickname == nickname_of(authority)) found = &entry;
  }
  return found;
}

core::Result<void> add_as(const core::Path& place, const Certificate& certificate,
                          const std::string& nickname, const std::string& flags) {
  WXSEC_TRY(certutil(place, {"-A", "-n", nickname, "-t", flags, "-a"}, pki::to_pem(certificate)));
  return {};
}

core::Result<void> put_back(const core::Path& place, const std::vector<Entry>& before,
                            const Certificate& authority) {
  const auto after = WXSEC_TRY(entries_in(place));
  for (const Entry& entry : before) {
    if (entry.nickname == nickname_of(authority)) continue;
    for (const Certificate& certificate : entry.certificates)
      if (certificate.der != authority.der && !hold(after, certificate))
        WXSEC_TRY(add_as(place, certificate, entry.nickname, entry.flags));
  }
  return {};
}

bool has_database(const core::Path& place) { return core::path_exists(place / "cert9.db"); }

void add_profiles(const core::Path& parent, std::vector<NssStore>& stores) {
  const auto names = core::list_directory(parent);
  if (!names) return;
  for (const std::string& name : *names)
    if (has_database(parent / name)) stores.emplace_back("firefox", parent / name);
}

}  // namespace

core::Result<TrustState> NssStore::state(const Certificate& authority) const {
  WXSEC_TRY(proc::which("certutil", "libnss3-tools"));
  if (!has_database(place_)) return TrustState::absent;
  const auto entries = WXSEC_TRY(entries_in(place_));
  const Entry* const found = find(entries, authority);
  if (found == nullptr) return TrustState::absent;
  const std::string_view servers = std::string_view(found->flags).substr(0, found->flags.find(','));
  return servers.find('C') != std::string_view::npos ? TrustState::installed : TrustState::partial;
}

core::Result<void> NssStore::add(const Certificate& authority) const {
  if (!has_database(place_)) {
    WXSEC_TRY(core::make_directories(place_, 0700));
    WXSEC_TRY(certutil(place_, {"-N", "--empty-password"}, {}));
  }
  return add_as(place_, authority, nickname_of(authority), kTrustsServers);
}

core::Result<void> NssStore::remove(const Certificate& authority) const {
  const auto before = WXSEC_TRY(entries_in(place_));
  auto now = before;
  for (std::size_t tries = 0; hold(now, authority) && tries <= before.size(); ++tries) {
    WXSEC_TRY(certutil(place_, {"-D", "-n", find(now, authority)->nickname}, {}));
    now = WXSEC_TRY(entries_in(place_));
  }
  return put_back(place_, before, authority);
}

std::vector<NssStore> nss_stores(const core::Path& home) {
  std::vector<NssStore> stores;
  stores.emplace_back("chromium", home / ".pki" / "nssdb");
  const core::Path snap = home / "snap" / "chromium" / "current" / ".pki" / "nssdb";
  if (has_database(snap)) stores.emplace_back("chromium", snap);
  for (const char* parent : {".mozilla/firefox", "snap/firefox/common/.mozilla/firefox",
                             ".var/app/org.mozilla.firefox/.mozilla/firefox"})
    add_profiles(home / parent, stores);
  return stores;
}

}  // namespace wxsec::certs
