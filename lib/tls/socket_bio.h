// OpenSSL's view of a socket, with two differences from its own: a write to a connection that the
// peer has closed is an error and never SIGPIPE, and the first bytes that came in are kept, so that
// a peer that does not speak TLS can be shown for what it is. For lib/tls and lib/http only.
#pragma once

#include <openssl/bio.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/core/bytes.h"

namespace wxsec::tls {

struct Wire {
  int fd = -1;  // non-blocking; owned by somebody else
  int last_errno = 0;
  bool eof = false;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::array<std::uint8_t, 64> first{};

  core::ByteView first_bytes() const {
    return {first.data(),
            received < first.size() ? static_cast<std::size_t>(received) : first.size()};
  }
};

// A new BIO over `wire`, which must outlive it. Give it away with SSL_set_bio.
BIO* new_socket_bio(Wire& wire);

// Whether bytes can be the start of a TLS record (RFC 8446 5.1). True for no bytes at all.
bool looks_like_tls(core::ByteView first);

}  // namespace wxsec::tls
