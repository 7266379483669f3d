// What must hold before a broker is started or told to reload: everything that Mosquitto would only
// notice when it is too late.
#pragma once

#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/broker/broker_user.h"
#include "src/broker/conf_file.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

// `user` can read certificate, key, authority and revocation list; they parse, belong together and
// are valid now. Mosquitto that reloads a pair that does not match refuses every handshake from
// then on. Gives warnings (src/renew/serving.h); none without TLS. Fails: not_found, permission,
// malformed, crypto.
core::Result<std::vector<std::string>> check_certificates(const Settings& settings,
                                                          const BrokerUser& user,
                                                          core::Instant now);

// `user` can read what write_config has written.
core::Result<void> check_written(const Settings& settings, const ConfigFiles& files,
                                 const BrokerUser& user);

}  // namespace wxsec::broker
