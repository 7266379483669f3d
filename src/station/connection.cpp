#include "src/station/connection.h"

namespace wxsec::station {

mqtt::ClientOptions client_options(const Target& target, const Identity& identity) {
  mqtt::ClientOptions options;
  options.host = target.host;
  options.port = target.port;
  options.client_id = identity.name;
  if (target.security == Security::plaintext_lesson) {
    options.transport = mqtt::Transport::plaintext_lesson;
    options.username = identity.name;
    options.password = identity.password.clone();
  } else {
    options.tls = {.ca = target.ca, .certificate = identity.certificate, .key = identity.key};
  }
  return options;
}

}  // namespace wxsec::station
