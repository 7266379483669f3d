// What a line of Mosquitto's log means, in plain words.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::broker {

// A sentence or two with what to do; empty for lines that speak for themselves. Client ids and
// names in `line` come from the network and are not repeated in the answer.
std::string explain_log_line(std::string_view line);

// The same for a whole log, whose lines often only mean something together: what mosquitto says of
// a client after OpenSSL's error is no second trouble, and whether a connection broke off in the
// handshake shows in the line after. One thread.
class LogReader {
 public:
  // What explain_log_line says, in the light of the line before.
  std::string explain(std::string_view line);

 private:
  enum class Before { nothing, tls_error, broken_off };
  Before before_ = Before::nothing;
};

// Whether it only tells that somebody came or went.
bool is_connection_line(std::string_view line);

// Whether it tells of something refused or broken.
bool is_trouble(std::string_view line);

}  // namespace wxsec::broker
