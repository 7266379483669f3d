// The parts of the dictionary, for errors.cpp alone.
#pragma once

#include <span>

#include "src/explain/errors.h"

namespace wxsec::explain {

std::span<const KnownError> verification_errors();  // what is wrong with a certificate
std::span<const KnownError> openssl_errors();       // alerts and the rest of OpenSSL
std::span<const KnownError> mqtt_errors();          // mosquitto, its clients, Paho
std::span<const KnownError> client_errors();        // curl and browsers

}  // namespace wxsec::explain
