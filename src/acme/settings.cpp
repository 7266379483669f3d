#include "src/acme/settings.h"

#include <fmt/core.h>

#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxFile = 256 * 1024;

ordered_json to_json(const Settings& settings) {
  return {{"server", settings.server},
          {"ca_file", settings.ca_file.string()},
          {"domains", settings.domains},
          {"challenge", challenge_text(settings.challenge)},
          {"webroot", settings.webroot.string()},
          {"address", settings.address},
          {"port", settings.port},
          {"profile", settings.profile},
          {"preferred_chain", settings.preferred_chain},
          {"key", pki::key_type_text(settings.key)},
          {"keep_key", settings.keep_key},
          {"contacts", settings.contacts},
          {"reload", settings.reloads},
          {"verify", settings.verifies},
          {"pending", settings.pending}};
}

core::Failure broken(const core::Path& path) {
  return core::fail(core::Code::malformed, fmt::format("{} is damaged", path.string()),
                    "write it anew with 'wxsec certs acme obtain'");
}

}  // namespace

core::Result<Settings> load_settings(const core::Path& folder) {
  const core::Path path = folder / kSettingsFile;
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxFile));
  const auto json = parse_json(text);
  if (!json) return broken(path);
  Settings out;
  out.server = text_at(*json, "server");
  out.ca_file = text_at(*json, "ca_file");
  out.domains = texts_at(*json, "domains");
  const auto challenge = parse_challenge(text_at(*json, "challenge"));
  const auto key = parse_key(text_at(*json, "key"));
  const auto port = number_at(*json, "port");
  if (out.server.empty() || out.domains.empty() || !challenge || !key || !port || *port < 0 ||
      *port > 65535)
    return broken(path);
  out.challenge = *challenge;
  out.key = *key;
  out.port = static_cast<std::uint16_t>(*port);
  out.webroot = text_at(*json, "webroot");
  out.address = text_at(*json, "address");
  out.profile = text_at(*json, "profile");
  out.preferred_chain = text_at(*json, "preferred_chain");
  out.keep_key = true_at(*json, "keep_key");
  out.contacts = texts_at(*json, "contacts");
  out.reloads = texts_at(*json, "reload");
  out.verifies = texts_at(*json, "verify");
  out.pending = text_at(*json, "pending");
  return out;
}

core::Result<void> save_settings(const core::Path& folder, const Settings& settings) {
  const std::string text =
      to_json(settings).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  return core::write_file_atomic(folder / kSettingsFile, text, {0644, {}});
}

core::Result<pki::KeyType> parse_key(std::string_view text) {
  const pki::KeyType type = WXSEC_TRY(pki::parse_key_type(text));
  if (type != pki::KeyType::ed25519 && type != pki::KeyType::rsa1024) return type;
  return core::fail(core::Code::usage,
                    fmt::format("no public authority certifies {} keys", pki::key_type_text(type)),
                    "P-256 suits every client of today");
}

core::Result<std::vector<std::string>> acme_identities(const core::Path& dir) {
  std::vector<std::string> found;
  for (std::string& name : WXSEC_TRY(core::list_directory(dir)))
    if (!name.starts_with('.') && core::path_exists(dir / name / kSettingsFile))
      found.push_back(std::move(name));
  return found;
}

}  // namespace wxsec::acme
