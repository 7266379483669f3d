// The attempts' functions, one per file of the same name; catalogue.cpp lists them.
#pragma once

#include "src/attack/attempt.h"

namespace wxsec::attack {

report::Check intercept(const Session& session);
report::Check plain_mqtt(const Session& session);
report::Check plain_publish(const Session& session);
report::Check plain_subscribe(const Session& session);
report::Check plain_http(const Session& session);
report::Check downgrade(const Session& session);
report::Check downgrade_api(const Session& session);
report::Check no_client_cert(const Session& session);
report::Check wrong_ca(const Session& session);
report::Check expired(const Session& session);
report::Check revoked(const Session& session);
report::Check wrong_name(const Session& session);
report::Check mitm(const Session& session);

}  // namespace wxsec::attack
