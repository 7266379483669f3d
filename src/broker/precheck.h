// What must hold before a broker is started or told to reload: everything that Mosquitto would only
// notice when it is too late.
#pragma once

#include "lib/core/result.h"
#include "src/broker/broker_user.h"
#include "src/broker/conf_file.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

// Certificate and key exist, parse and belong together. Mosquitto that reloads a pair that does not
// match refuses every handshake from then on. Fails: not_found, permission, malformed, crypto.
core::Result<void> check_pair(const BrokerFiles& files);

// The same, and that `user` can read every file of the configuration.
core::Result<void> check_before_start(const Settings& settings, const ConfigFiles& files,
                                      const BrokerUser& user);

}  // namespace wxsec::broker
