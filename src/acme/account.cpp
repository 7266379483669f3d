// The terms of service: an authority that publishes them as a web page wants a person to agree, so
// --agree-tos must be given once. A server on this machine is one's own, and terms that are no page
// at all (pebble's are a joke in the URL itself) are merely shown.
#include "src/acme/account.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/net/endpoint.h"
#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

using core::Code;
using nlohmann::ordered_json;

constexpr std::size_t kMaxFile = 64 * 1024;
constexpr const char* kKeyFile = "account-key.pem";
constexpr const char* kAccountFile = "account.json";

std::string dumped(const ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

struct OwnKey {
  pki::Key key;
  bool made = false;
};

// With this key others could revoke what the account obtained. It is ours alone, so it is mended.
core::Result<void> close_to_others(const core::Path& path, mode_t mode) {
  if (::chmod(path.c_str(), 0600) == 0) return {};
  return core::fail(core::Code::permission,
                    fmt::format("{} can be read by others (mode {:04o}), and that cannot be mended",
                                path.string(), mode),
                    "chmod 600 it as its owner, and think of who had a look");
}

core::Result<OwnKey> load_or_make_key(const core::Path& folder) {
  const core::Path path = folder / kKeyFile;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if ((info.st_mode & 0077U) != 0) WXSEC_TRY(close_to_others(path, info.st_mode & 0777U));
    auto key = pki::Key::load(path, {});
    if (key) return OwnKey{std::move(*key), false};
    core::Error error = key.error();
    if (error.hint.empty() || error.code == Code::malformed)
      error.hint = "restore it from a backup, or remove it: a new account is made then";
    return core::fail(std::move(error));
  }
  pki::Key key = WXSEC_TRY(pki::Key::generate(pki::KeyType::p256));
  WXSEC_TRY(core::make_directories(folder, 0700));
  WXSEC_TRY(core::write_file_new(path, key.to_pem().reveal(), {0600, {}}));
  return OwnKey{std::move(key), true};
}

// The URL that was stored for this server; "" if none was.
std::string stored_url(const Session& session, const core::Path& folder) {
  const auto text = core::read_file(folder / kAccountFile, kMaxFile);
  const auto json = text ? parse_json(*text) : std::nullopt;
  if (!json || text_at(*json, "server") != session.options().directory_url) return {};
  std::string url = text_at(*json, "url");
  return session.check_url(url) ? url : std::string();
}

core::Result<void> check_contact(std::string_view address) {
  const auto allowed = [](char c) {
    return c > 0x20 && c < 0x7F && c != ',' && c != '?' && c != ':';
  };
  const std::size_t at = address.find('@');
  if (at != 0 && at != std::string_view::npos && at + 1 < address.size() && address.size() < 255 &&
      std::all_of(address.begin(), address.end(), allowed))
    return {};
  return core::fail(Code::usage,
                    fmt::format("'{}' is no e-mail address", core::escape_terminal(address)),
                    "write --contact you@your.domain");
}

core::Result<void> check_terms(const Session& session, bool agreed) {
  const std::string& terms = session.directory().terms_of_service;
  if (agreed || terms.empty()) return {};
  const auto origin = net::parse_endpoint(session.options().directory_url, 0);
  const bool a_page = terms.starts_with("https://") || terms.starts_with("http://");
  if (!a_page || (origin && net::is_loopback(origin->host))) return {};
  return core::fail(Code::usage,
                    fmt::format("the authority wants its terms of service agreed to: {}",
                                core::escape_terminal(terms.substr(0, 500))),
                    "read them, then add --agree-tos");
}

core::Result<void> check_external(const Session& session, const AccountOptions& options) {
  if (!session.directory().external_account_required || options.external != nullptr) return {};
  return core::fail(Code::usage, "this authority takes no new account without its own customer's",
                    std::string(remedy_of("externalAccountRequired")));
}

core::Result<std::string> registration(const Session& session, const pki::Key& key,
                                       const AccountOptions& options) {
  ordered_json payload = ordered_json::object();
  if (!session.directory().terms_of_service.empty()) payload["termsOfServiceAgreed"] = true;
  for (const std::string& address : options.contacts) {
    WXSEC_TRY(check_contact(address));
    payload["contact"].push_back("mailto:" + address);
  }
  if (options.external != nullptr)
    payload["externalAccountBinding"] = ordered_json::parse(
        WXSEC_TRY(bind_external(*options.external, key, session.directory().new_account)));
  return dumped(payload, -1);
}

core::Result<void> store(const Session& session, const AccountOptions& options,
                         const std::string& url) {
  const ordered_json json{{"server", session.options().directory_url},
                          {"url", url},
                          {"contact", options.contacts},
                          {"terms", session.directory().terms_of_service},
                          {"since", core::rfc3339(session.clock().now())}};
  return core::write_file_atomic(options.folder / kAccountFile, dumped(json, 2) + "\n", {0600, {}});
}

// Servers say it in several ways that an external account does not fit, and the usual remedies for
// these speak of challenges and domain names.
core::Error explain_external(core::Error error, std::string_view problem_type) {
  static constexpr std::array<std::string_view, 4> kAbout{"", "malformed", "unauthorized",
                                                          "externalAccountRequired"};
  if (std::find(kAbout.begin(), kAbout.end(), problem_type) != kAbout.end())
    error.hint =
        "the external account does not fit: --eab-kid is the key identifier, and --eab-key-file "
        "holds the HMAC key, that this authority gave together; many are good for one account only";
  return error;
}

core::Result<Reply> post_registration(Session& session, const std::string& payload,
                                      const AccountOptions& options) {
  std::string type;
  auto reply = session.post(session.directory().new_account, payload, "account", &type);
  if (reply || options.external == nullptr || reply.error().code != Code::denied) return reply;
  return core::fail(explain_external(reply.error(), type));
}

// Asks for an account of `key`; a server that has one already gives that (RFC 8555 7.3.1).
core::Result<std::string> ask_for_account(Session& session, const pki::Key& key,
                                          const AccountOptions& options) {
  WXSEC_TRY(check_terms(session, options.agree_to_terms));
  WXSEC_TRY(check_external(session, options));
  const std::string payload = WXSEC_TRY(registration(session, key, options));
  session.sign_as(key, {});
  const Reply reply = WXSEC_TRY(post_registration(session, payload, options));
  std::string url = reply.header("Location");
  WXSEC_TRY(session.check_url(url));
  WXSEC_TRY(store(session, options, url));
  return url;
}

}  // namespace

core::Path account_folder(const core::Path& dir, std::string_view directory_url) {
  constexpr std::size_t kMaxName = 120;
  std::string name;
  const std::size_t start = directory_url.find("://");
  for (const char c : directory_url.substr(start == std::string_view::npos ? 0 : start + 3)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || (c == '.' && !name.empty());
    name.push_back(plain ? c : '_');
  }
  return dir / "acme" / name.substr(0, kMaxName);
}

core::Result<Account> open_account(Session& session, const AccountOptions& options) {
  OwnKey own = WXSEC_TRY(load_or_make_key(options.folder));
  std::string url = stored_url(session, options.folder);
  if (!url.empty() && !own.made) return Account{std::move(own.key), std::move(url), false};
  if (!url.empty() && session.options().note)
    session.options().note("the account's key is gone: a new account is made");
  url = WXSEC_TRY(ask_for_account(session, own.key, options));
  return Account{std::move(own.key), std::move(url), true};
}

core::Result<Account> register_again(Session& session, const AccountOptions& options) {
  OwnKey own = WXSEC_TRY(load_or_make_key(options.folder));
  std::string url = WXSEC_TRY(ask_for_account(session, own.key, options));
  return Account{std::move(own.key), std::move(url), true};
}

}  // namespace wxsec::acme
