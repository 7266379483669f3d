// What a running server brings to its next handshake, replaceable between two of them. Internal to
// lib/http.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "lib/core/result.h"
#include "lib/tls/context.h"

namespace wxsec::http {

class LiveContext {
 public:
  // Takes the options, or refuses them and keeps the old ones. Fails as
  // tls::ServerContext::create(). Thread-safe, as all the others are.
  core::Result<void> replace(tls::ServerOptions options);
  // The same with another certificate and all the rest as it was. Needs a replace() before.
  core::Result<void> replace(const tls::Identity& identity);

  struct Moment {
    tls::ServerContext context;
    std::uint64_t generation = 0;  // grows with every replace() that succeeded
  };
  // None before the first replace().
  std::optional<Moment> current() const;
  std::string serial() const;

 private:
  mutable std::mutex mutex_;
  tls::ServerOptions options_;
  std::optional<Moment> current_;
};

}  // namespace wxsec::http
