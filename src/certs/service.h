// Those who use an identity: how they hear of a new certificate, and how one asks them what they
// serve.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/result.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

struct Service {
  std::string identity = {};                        // "broker"
  std::string description = {};                     // "SIGHUP to process 4711", for messages
  std::function<core::Result<void>()> reload = {};  // empty: nothing to tell
  bool reads_later = false;  // a reload that worked was heard; when the files are read is unknown
  std::function<core::Result<std::string>()> served_serial = {};  // empty: not verified
  std::string url = {};  // "mqtts://localhost:8883" where it can be reached; may be empty
};

// Called with the description of each service that has been told or has given its proof.
using ServiceNote = std::function<void(std::string_view description)>;

// One error for several that happened side by side: the first one's code and hint, the words of
// all.
void add_failure(std::optional<core::Error>& all, core::Error more);

// Whether there is anybody to tell.
bool has_reload(std::span<const Service> services);

// Tells all services of `identity`; "" means all there are. One that fails keeps nobody else from
// being told. Fails as the first reload that fails, with the description and reason of each.
core::Result<void> reload_services(std::span<const Service> services, std::string_view identity,
                                   const ServiceNote& note);

// Whether each is of an identity of the directory; a name with a slip would never be told. Fails
// with usage, and as Layout::identities().
core::Result<void> check_service_names(const std::vector<Service>& services, const Layout& layout);

// Asks each service of `identity` until it serves `serial`, each for at most `within`: a reload
// takes effect when the service gets round to it. Fails with tls where another serial is served to
// the end, with the reason of the last attempt where none could be seen, with interrupted.
core::Result<void> verify_services(const std::vector<Service>& services, std::string_view identity,
                                   const std::string& serial, std::chrono::milliseconds within,
                                   const std::stop_token& stop, const ServiceNote& note);

}  // namespace wxsec::certs
