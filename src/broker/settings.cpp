#include "src/broker/settings.h"

#include "src/certs/layout.h"

namespace wxsec::broker {

BrokerFiles files_from(const core::Path& certs_dir) {
  const certs::Layout layout(std::filesystem::absolute(certs_dir).lexically_normal());
  const certs::IdentityFiles own = layout.broker();
  return {.ca = layout.ca(), .certificate = own.fullchain, .key = own.key, .crl = layout.crl()};
}

Settings Settings::clone() const {
  Settings copy{.bind_address = bind_address,
                .port = port,
                .security = security,
                .files = files,
                .certs_dir = certs_dir,
                .accounts = {},
                .keep_accounts = keep_accounts,
                .reader = reader,
                .operator_name = operator_name,
                .user = user,
                .minimum_tls = minimum_tls,
                .max_connections = max_connections};
  for (const Account& account : accounts)
    copy.accounts.push_back({account.name, account.password.clone()});
  return copy;
}

}  // namespace wxsec::broker
