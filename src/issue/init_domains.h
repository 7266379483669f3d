// What an authority may sign for, from the words of `certs init --domain`. For init.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/name.h"

namespace wxsec::certs {

// Domains ("weather.example.org"), addresses and networks ("192.168.7.0/24"); none: the default
// domain. localhost and the loopback networks are always among them. Fails with usage.
core::Result<pki::NameConstraints> parse_domains(const std::vector<std::string>& domains);

// Fails with usage where the authority that is there may not sign for all of `wanted`.
core::Result<void> check_same_domains(const pki::NameConstraints& wanted,
                                      const pki::Certificate& issuing);

}  // namespace wxsec::certs
