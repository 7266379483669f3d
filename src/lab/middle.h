// A man in the middle of plaintext: stands in the broker's place, passes everything on, and changes
// the temperature of every reading on its way. The counterpart of attack/relay.h, which needs a
// certificate for the same thing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/net/endpoint.h"

namespace wxsec::lab {

// A reading as the station sent it and as the broker got it.
struct Tampered {
  std::uint64_t sequence = 0;
  double sent_c = 0;
  double passed_on_c = 0;
};

// Changes the temperature of the readings in `bytes` (MQTT packets, whole or not); their length
// stays, so that no length before them has to change. Returns what it changed.
std::vector<Tampered> tamper(std::string& bytes);

class Middle {
 public:
  // Listens on a free port of 127.0.0.1 and serves one client. Fails as net::listen.
  static core::Result<Middle> start(net::Endpoint broker);
  Middle(Middle&&) noexcept;
  Middle& operator=(Middle&&) noexcept;
  ~Middle();  // ends the connection

  net::Endpoint endpoint() const;
  std::vector<Tampered> tampered() const;

 private:
  struct State;
  explicit Middle(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::lab
