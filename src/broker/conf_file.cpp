// Mosquitto reads its file from top to bottom, and in 2.0.11 the order carries a trap: an option
// that belongs to a listener (max_connections, use_username_as_clientid, bind_address, ...) before
// the first `listener` line brings a default listener into being, on port 1883, in plaintext, on
// all interfaces, and says so nowhere. So: global options first, one `listener`, its options last.
// run.cpp checks afterwards what is really bound.
#include "src/broker/conf_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "lib/core/hex.h"
#include "lib/mqtt/accounts.h"
#include "lib/pki/jose.h"
#include "lib/pki/password_hash.h"
#include "src/broker/acl.h"
#include "src/broker/broker_user.h"

namespace wxsec::broker {
namespace {

using core::Code;
using core::fail;
using core::Path;
using core::Result;

// OpenSSL's names of Mozilla's "intermediate" list without DHE: forward secrecy and AEAD only.
constexpr std::string_view kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// mosquitto_passwd's default is 101; this costs a guesser a hundred times as much, and the broker
// a few milliseconds a login.
constexpr unsigned kPasswordRounds = 10'000;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// One value of a line. Mosquitto takes the rest of the line as it is, so blanks inside are fine.
Result<std::string> value(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' ||
      std::any_of(text.begin(), text.end(), is_control)) {
    return fail(Code::usage, fmt::format("'{}' cannot stand in mosquitto.conf", text),
                "use a path or address without line breaks, and without blanks at its ends");
  }
  return std::string(text);
}

Result<std::string> global_block(const Settings& settings, const ConfigFiles& files,
                                 std::string_view user) {
  std::string text = fmt::format(
      "# Global options. All of them must stand before the first `listener` line, and none that\n"
      "# belongs to a listener may: Mosquitto 2.0.11 would open port 1883 in plaintext for it.\n"
      "per_listener_settings false\n"
      "user {}\n"
      "\n"
      "# Nobody without a name, and nothing that the list does not allow.\n"
      "allow_anonymous false\n"
      "acl_file {}\n",
      user, WXSEC_TRY(value(files.acl.string())));
  if (settings.security == Security::plaintext_lesson)
    text += fmt::format("password_file {}\n", WXSEC_TRY(value(files.passwords.string())));
  text += fmt::format(
      "\n"
      "# Bounds on what one client can cost the others.\n"
      "max_packet_size 16384\n"
      "max_inflight_messages 20\n"
      "set_tcp_nodelay true\n"
      "max_queued_messages 20000\n"
      "max_queued_bytes 16777216\n"
      "max_keepalive 120\n"
      "memory_limit 67108864\n"
      "\n"
      "# Retained messages and the sessions of absent clients survive a restart.\n"
      "persistence true\n"
      "persistence_location {}/\n"
      "autosave_interval 60\n"
      "\n"
      "# To standard error, where 'wxsec broker run' reads and explains it.\n"
      "log_dest stderr\n"
      "log_type error\n"
      "log_type warning\n"
      "log_type notice\n"
      "log_type information\n"
      "log_timestamp false\n"
      "connection_messages true\n",
      WXSEC_TRY(value(files.data.string())));
  return text;
}

Result<std::string> tls_block(const Settings& settings) {
  const BrokerFiles& files = settings.files;
  std::string text = fmt::format(
      "\n"
      "# TLS. tls_version is the lowest that is accepted; ciphers with forward secrecy only.\n"
      "tls_version {}\n"
      "ciphers {}\n"
      "ciphers_tls1.3 {}\n"
      "certfile {}\n"
      "keyfile {}\n"
      "\n"
      "# Mutual: every client shows a certificate of this CA, and its common name is who it is.\n"
      "cafile {}\n",
      WXSEC_TRY(value(settings.minimum_tls)), kCiphers, kSuites,
      WXSEC_TRY(value(files.certificate.string())), WXSEC_TRY(value(files.key.string())),
      WXSEC_TRY(value(files.ca.string())));
  if (files.crl) text += fmt::format("crlfile {}\n", WXSEC_TRY(value(files.crl->string())));
  return text +
         "require_certificate true\n"
         "use_identity_as_username true\n"
         "use_username_as_clientid true\n";
}

constexpr std::string_view kLessonBlock =
    "\n"
    "# FOR LESSONS ONLY. No TLS: everybody on the wire reads each name, password and reading, can\n"
    "# change them on the way, and can pose as the broker. Names and passwords protect nothing.\n";

constexpr std::string_view kSeal = "# wxsec's seal, by which it notices edits by hand: ";
constexpr std::size_t kMaxFile = 1U << 20;
constexpr int kMaxKept = 1000;

// The last line of what we write: a digest of all before it.
std::string seal_of(std::string_view text) {
  return fmt::format("{}{}\n", kSeal, core::to_hex(pki::sha256(core::as_bytes(text))));
}

bool edited(std::string_view content) {
  const std::size_t at = content.rfind(kSeal);
  return at == std::string_view::npos || content.substr(at) != seal_of(content.substr(0, at));
}

// FILE.edited, FILE.edited-2, ...: the first that is free.
Path place_to_keep(const Path& path) {
  Path place = path.string() + ".edited";
  for (int n = 2; core::path_exists(place) && n < kMaxKept; ++n)
    place = fmt::format("{}.edited-{}", path.string(), n);
  return place;
}

// Somebody's work is not thrown away because a broker is started.
Result<void> keep_if_edited(const Path& path, ConfigFiles& files) {
  if (!core::path_exists(path)) return {};
  const std::string content = WXSEC_TRY(core::read_file(path, kMaxFile));
  if (!edited(content)) return {};
  const Path place = place_to_keep(path);
  WXSEC_TRY(core::write_file_atomic(place, content, {.mode = 0600}));
  files.kept.emplace_back(path, place);
  return {};
}

Result<void> write_sealed(const Path& path, std::string_view text, const core::WriteOptions& how,
                          ConfigFiles& files) {
  WXSEC_TRY(keep_if_edited(path, files));
  return core::write_file_atomic(path, fmt::format("{}{}", text, seal_of(text)), how);
}

// Mosquitto opens these files as the user that it has become.
core::WriteOptions private_to(const BrokerUser& user) {
  if (!user.become) return {.mode = 0600};
  return {.mode = 0640, .group = user.become->gid};
}

}  // namespace

ConfigFiles config_files(const Path& out) {
  return {.conf = out / "mosquitto.conf",
          .acl = out / "acl",
          .passwords = out / "passwords",
          .data = out / "data",
          .accounts = out / "accounts"};
}

Result<std::string> conf_text(const Settings& settings, const ConfigFiles& files) {
  const BrokerUser user = WXSEC_TRY(broker_user(settings.user));
  const std::string_view name = user.become || user.name == "root" ? user.name : settings.user;
  std::string text =
      "# Written by 'wxsec broker config' for Mosquitto 2.0, and anew at each 'wxsec broker run'.\n"
      "# What you change here by hand is kept beside it then, as mosquitto.conf.edited.\n\n" +
      WXSEC_TRY(global_block(settings, files, name)) +
      fmt::format(
          "\n# The one listener, and from here on its options.\nlistener {} {}\n"
          "max_connections {}\n",
          settings.port, WXSEC_TRY(value(settings.bind_address)), settings.max_connections);
  if (settings.security == Security::plaintext_lesson) return text + std::string(kLessonBlock);
  return text + WXSEC_TRY(tls_block(settings));
}

Result<std::string> password_text(const std::vector<Account>& accounts) {
  std::string text;
  for (const Account& account : accounts) {
    if (account.name.empty() || account.name.find(':') != std::string::npos ||
        std::any_of(account.name.begin(), account.name.end(), is_control))
      return fail(Code::usage, fmt::format("'{}' cannot be a user name", account.name));
    if (account.password.empty())
      return fail(Code::usage, fmt::format("the password of '{}' is empty", account.name));
    text += fmt::format("{}:{}\n", account.name,
                        WXSEC_TRY(pki::hash_password(account.password, kPasswordRounds)));
  }
  return text;
}

Result<ConfigFiles> write_config(const Settings& settings, const Path& out) {
  const BrokerUser user = WXSEC_TRY(broker_user(settings.user));
  ConfigFiles files = config_files(std::filesystem::absolute(out).lexically_normal());
  WXSEC_TRY(core::make_directories(out, 0755));
  WXSEC_TRY(core::make_directories(files.data, 0700));
  if (user.become && ::chown(files.data.c_str(), user.become->uid, user.become->gid) != 0)
    return fail(core::system_error(errno, "hand over", files.data));
  const std::string conf = WXSEC_TRY(conf_text(settings, files));
  const std::string acl = WXSEC_TRY(acl_text(settings));
  WXSEC_TRY(write_sealed(files.acl, acl, private_to(user), files));
  if (settings.security == Security::plaintext_lesson) {
    const std::string passwords = WXSEC_TRY(password_text(settings.accounts));
    WXSEC_TRY(write_sealed(files.passwords, passwords, private_to(user), files));
    if (settings.keep_accounts) WXSEC_TRY(mqtt::write_accounts(files.accounts, settings.accounts));
  }
  WXSEC_TRY(write_sealed(files.conf, conf, {.mode = 0644}, files));
  return files;
}

}  // namespace wxsec::broker
