#include "src/broker/precheck.h"

#include <fmt/core.h>

#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"

namespace wxsec::broker {

using core::Code;
using core::fail;
using core::Result;

Result<void> check_pair(const BrokerFiles& files) {
  const auto chain = WXSEC_TRY(pki::load_certificates(files.certificate));
  const auto key = WXSEC_TRY(pki::Key::load(files.key, core::Secret{}));
  if (key.matches(chain.front())) return {};
  return fail(
      Code::crypto,
      fmt::format("{} is not the key of {}", files.key.string(), files.certificate.string()),
      "with this pair no client could connect; issue the certificate again");
}

Result<void> check_before_start(const Settings& settings, const ConfigFiles& files,
                                const BrokerUser& user) {
  std::vector<core::Path> needed{files.conf, files.acl};
  if (settings.security == Security::plaintext_lesson) {
    needed.push_back(files.passwords);
    return check_readable(user, needed);
  }
  const BrokerFiles& tls = settings.files;
  needed.insert(needed.end(), {tls.ca, tls.certificate, tls.key});
  if (tls.crl) needed.push_back(*tls.crl);
  WXSEC_TRY(check_readable(user, needed));
  return check_pair(tls);
}

}  // namespace wxsec::broker
