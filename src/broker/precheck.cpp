#include "src/broker/precheck.h"

#include <fmt/core.h>

#include "lib/core/shell_word.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "src/renew/serving.h"

namespace wxsec::broker {
namespace {

using core::Error;
using core::fail;
using core::Result;

constexpr std::size_t kMaxCrl = 64U << 20;

// Which file, and what to do about it; mosquitto names only OpenSSL's function that failed.
Error in_file(Error error, const core::Path& file, const std::string& hint) {
  if (error.what.find(file.string()) == std::string::npos)
    error = core::with_context(std::move(error), file.string());
  if (!hint.empty()) error.hint = hint;
  return error;
}

std::string command(const char* words, const core::Path& dir) {
  if (dir.empty()) return {};
  return fmt::format("wxsec certs {} {}", words, core::shell_word(dir.string()));
}

Result<void> check_authority(const Settings& settings) {
  const auto authority = pki::load_certificates(settings.files.ca);
  if (!authority)
    return fail(
        in_file(authority.error(), settings.files.ca, command("check", settings.certs_dir)));
  if (!settings.files.crl) return {};
  const auto text = core::read_file(*settings.files.crl, kMaxCrl);
  if (!text) return fail(text.error());
  const auto lists = pki::parse_crls(*text);
  if (!lists)
    return fail(
        in_file(lists.error(), *settings.files.crl, command("crl --dir", settings.certs_dir)));
  return {};
}

}  // namespace

Result<std::vector<std::string>> check_certificates(const Settings& settings,
                                                    const BrokerUser& user, core::Instant now) {
  if (settings.security == Security::plaintext_lesson) return std::vector<std::string>{};
  const BrokerFiles& tls = settings.files;
  std::vector<core::Path> needed{tls.ca, tls.certificate, tls.key};
  if (tls.crl) needed.push_back(*tls.crl);
  WXSEC_TRY(check_readable(user, needed, settings.certs_dir));
  WXSEC_TRY(check_authority(settings));
  return certs::check_serving(tls.certificate, tls.key, now);
}

Result<void> check_written(const Settings& settings, const ConfigFiles& files,
                           const BrokerUser& user) {
  std::vector<core::Path> needed{files.conf, files.acl};
  if (settings.security == Security::plaintext_lesson) needed.push_back(files.passwords);
  return check_readable(user, needed, {});
}

}  // namespace wxsec::broker
