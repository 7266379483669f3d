#include "src/broker/settings.h"

#include "src/certs/layout.h"

namespace wxsec::broker {

BrokerFiles files_from(const core::Path& certs_dir) {
  const certs::Layout layout(std::filesystem::absolute(certs_dir).lexically_normal());
  const certs::IdentityFiles own = layout.broker();
  BrokerFiles files{.ca = layout.ca(), .certificate = own.fullchain, .key = own.key, .crl = {}};
  if (core::path_exists(layout.crl())) files.crl = layout.crl();
  return files;
}

}  // namespace wxsec::broker
