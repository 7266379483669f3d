// The words that names of secrets are made of, in lower case. What they mean together is decided by
// secret_names.cpp; of "pass", which means many things, by pass_names.cpp.
#pragma once

#include <array>
#include <string_view>

#include "src/sniff/word_list.h"

namespace wxsec::sniff {

// Words of which the next is taken for what the field is: "auth_provider" is none.
inline constexpr std::array<std::string_view, 3> kWeak = {"pin", "auth", "authorization"};
inline constexpr std::array<std::string_view, 4> kStrong = {"credential", "credentials", "passcode",
                                                            "pincode"};
// Two words without a sign between them; "whiskey" and "compass" are none.
inline constexpr std::array kJoined = std::to_array<std::string_view>(
    {"appkey", "skey", "appskey", "nwkskey", "nwkkey", "authkey", "wifikey", "secretkey", "bindkey",
     "wifipass", "mqttpass", "userpass", "dbpass", "ftppass", "smtppass", "webpass", "otapass"});
inline constexpr std::array<std::string_view, 11> kEndings = {
    "password", "passwd", "passphrase", "secret",   "token",  "apikey",
    "pwd",      "psk",    "jwt",        "passwort", "passkey"};
// "api_key", "private key"; a key alone is anything.
inline constexpr std::array kKinds = std::to_array<std::string_view>(
    {"pass",         "authentication", "application", "app",          "api",   "private",
     "access",       "auth",           "secret",      "encryption",   "crypt", "aes",
     "hmac",         "signing",        "shared",      "wpa",          "wep",   "wifi",
     "wlan",         "network",        "session",     "security",     "write", "aio",
     "account",      "preshared",      "enc",         "encrypt",      "bind",  "local",
     "master",       "ingest",         "rapidapi",    "subscription", "io",    "sas",
     "weathercloud", "upload"});
// Behind a secret's name: which one or in which form, but still the secret.
inline constexpr std::array<std::string_view, 25> kWhich = {
    "pw",     "basic",  "ticket", "cookie", "md",     "digest", "confirm", "confirmation", "again",
    "repeat", "verify", "new",    "old",    "value",  "text",   "plain",   "string",       "data",
    "raw",    "hash",   "code",   "word",   "phrase", "header", "session"};
// "token_type", "password_policy", "token_refresh_hours": about a secret, wherever behind it.
inline constexpr std::array kAboutSecrets = std::to_array<std::string_view>(
    {"type",       "mode",      "method",   "methods",   "scheme",     "format",    "algorithm",
     "alg",        "class",     "version",  "level",     "kind",       "count",     "index",
     "length",     "len",       "size",     "rate",      "max",        "min",       "limit",
     "expires",    "expiry",    "expire",   "expired",   "ttl",        "age",       "expiration",
     "timeout",    "policy",    "rules",    "hint",      "strength",   "required",  "enabled",
     "disabled",   "supported", "changed",  "interval",  "lifetime",   "refreshed", "chars",
     "characters", "history",   "rotation", "attempts",  "retries",    "tries",     "entropy",
     "complexity", "minimum",   "maximum",  "threshold", "usage",      "quota",     "validity",
     "remaining",  "duration",  "lockout",  "failures",  "bucket",     "binding",   "warning",
     "prompt",     "requests",  "encoding", "charset",   "placeholder"});
// The same as the last word; before others they may say whose it is: "password_user_ftp".
inline constexpr std::array kAboutSecretsLast = std::to_array<std::string_view>(
    {"number",   "total",   "in",       "at",       "time",   "timestamp",   "date",
     "seconds",  "minutes", "hours",    "days",     "weeks",  "months",      "period",
     "depth",    "url",     "uri",      "endpoint", "server", "host",        "port",
     "domain",   "realm",   "provider", "issuer",   "path",   "file",        "valid",
     "set",      "reset",   "used",     "uses",     "status", "state",       "result",
     "error",    "errors",  "message",  "name",     "user",   "username",    "email",
     "role",     "scope",   "scopes",   "through",  "page",   "label",       "issued",
     "created",  "updated", "left",     "field",    "ref",    "title",       "description",
     "failed",   "missing", "present",  "allowed",  "prefix", "fingerprint", "counter",
     "audience", "until",   "protected"});
// "nextPageToken": a place in a list.
inline constexpr std::array<std::string_view, 4> kPlaces = {"page", "next", "cursor",
                                                            "continuation"};
// "has_password", "wifi_has_password", "is-token": a question.
inline constexpr std::array<std::string_view, 11> kQuestions = {
    "has", "is", "use", "uses", "needs", "need", "require", "requires", "show", "hide", "forgot"};

}  // namespace wxsec::sniff
