// What a device's TLS library is given: mbed TLS on an ESP32 (WiFiClientSecure::setCACert,
// setCertificate, setPrivateKey; esp_mqtt's cert_pem and its length) wants PEM with the final NUL
// counted, BearSSL on an ESP8266 parses the same text. The three are static const arrays, so that a
// file that is included twice makes no double symbol and unused ones cost no flash. C has no raw
// strings; a string literal per line is read by C and C++ alike, and shows the PEM as it is.
#include <fmt/core.h>

#include "lib/core/time.h"
#include "src/exchange/export.h"

namespace wxsec::certs {
namespace {

char upper(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
  const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return kept ? c : '_';
}

std::string guard_of(std::string_view name) {
  std::string guard = "WXSEC_";
  for (const char c : name) guard.push_back(upper(c));
  return guard + "_H";
}

void append_literal(std::string& out, std::string_view name, std::string_view pem) {
  out.append("static const char ").append(name).append("[] =");
  while (!pem.empty()) {
    const std::size_t end = pem.find('\n');
    out.append("\n  \"").append(pem.substr(0, end)).append("\\n\"");
    pem.remove_prefix(end == std::string_view::npos ? pem.size() : end + 1);
  }
  out.append(";\n\n");
}

// Comments hold no text of the certificate: a name may end the comment.
std::string intro(std::string_view name, const std::vector<pki::Certificate>& chain,
                  std::string_view guard) {
  const pki::Certificate& leaf = chain.front();
  return fmt::format(
      "/* {0}: what this device needs for mutual TLS. Made by wxsec certs export.\n"
      " * Serial {1}, valid until {2}.\n"
      " * SHA-256 {3}\n"
      " *\n"
      " * WiFiClientSecure (ESP32):  client.setCACert(wxsec_ca);\n"
      " *                            client.setCertificate(wxsec_cert);\n"
      " *                            client.setPrivateKey(wxsec_key);\n"
      " * mbed TLS wants the length with the final NUL: sizeof wxsec_ca.\n"
      " */\n"
      "#ifndef {4}\n#define {4}\n\n",
      name, leaf.serial, core::rfc3339(leaf.not_after), leaf.sha256, guard);
}

}  // namespace

core::Secret c_header(std::string_view name, const std::vector<pki::Certificate>& roots,
                      const std::vector<pki::Certificate>& chain, const core::Secret& key_pem) {
  const std::string guard = guard_of(name);
  const std::string ca = pki::to_pem(roots);
  const std::string cert = pki::to_pem(chain);
  const std::string begin = intro(name, chain, guard);
  std::string text;
  // Reserved for all of it: a growing string would leave copies of the key behind.
  text.reserve(begin.size() + 2 * (ca.size() + cert.size() + key_pem.reveal().size()) + 1024);
  text += begin;
  text += "/* Whom the device trusts: the root. */\n";
  append_literal(text, "wxsec_ca", ca);
  text += "/* What it shows: its certificate, then its issuer. */\n";
  append_literal(text, "wxsec_cert", cert);
  if (key_pem.empty()) {
    text += "/* Its private key was made on the device and is only there. */\n\n";
  } else {
    text += "/* Its private key: who reads this file is this device. Never commit it. */\n";
    append_literal(text, "wxsec_key", key_pem.reveal());
  }
  text += fmt::format("#endif /* {} */\n", guard);
  core::Secret out(text);
  core::wipe(text.data(), text.size());
  return out;
}

}  // namespace wxsec::certs
