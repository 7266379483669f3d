// What belongs to a certificate file and lies in files of its own beside it, as our layout, certbot
// and `certs export --format der` have it.
#pragma once

#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/pki/certificate.h"

namespace wxsec::certs {

// Appends the chain of a leaf that lies alone: chain.pem beside cert.pem, chain-1.der and on beside
// cert.der.
void add_chain_beside(const core::Path& file, std::vector<pki::Certificate>& chain);

// Whether a file's text is a private key, in PEM or DER, and no certificate.
bool is_key_alone(std::string_view text);

}  // namespace wxsec::certs
