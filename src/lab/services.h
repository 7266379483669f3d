// The real parts of an act, each in a thread of its own: Mosquitto, the API, the stations.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/api/serve.h"
#include "src/broker/run.h"
#include "src/lab/background.h"
#include "src/station/publisher.h"

namespace wxsec::lab {

// Ports as everybody knows them: the room has them all to itself, and Wireshark knows them too.
inline constexpr std::uint16_t kMqttPort = 1883;
inline constexpr std::uint16_t kMqttsPort = 8883;
inline constexpr std::uint16_t kHttpPort = 8080;
inline constexpr std::uint16_t kHttpsPort = 8443;

struct Nothing {};
struct ApiReady {
  std::string host;
  std::uint16_t port = 0;
};

using BrokerService = Background<broker::Ready, Nothing>;
using ApiService = Background<ApiReady, api::ServeResult>;
using StationService = Background<Nothing, station::PublisherResult>;

// The three of them stop waiting for readiness, with interrupted, when `cut_short` asks for it.
//
// Mosquitto's own words go to `log` (a file in the act's directory). `reload` outlives the service.
core::Result<BrokerService> start_broker(broker::Settings settings, core::Path work_dir,
                                         broker::ReloadRequest& reload,
                                         const std::stop_token& cut_short);

// Ready once it answers requests and has reached the broker. `reload` outlives the service.
core::Result<ApiService> start_api(api::ServeOptions options, api::ReloadSwitch& reload,
                                   const core::Clock& clock, const std::stop_token& cut_short);

// Ready once every station has had a reading acknowledged.
core::Result<StationService> start_stations(station::PublisherOptions options,
                                            const core::Clock& clock,
                                            const std::stop_token& cut_short);

// GET `path` from the API of the act: over HTTPS with `ca`, in clear with an empty one.
struct Answer {
  int status = 0;
  std::string body;
  std::string protocol;  // "TLSv1.3 TLS_AES_256_GCM_SHA384", "plain HTTP"
  std::string serial;    // of the served certificate, empty without TLS
  std::chrono::microseconds took{0};
};
core::Result<Answer> ask_api(const core::Path& ca, const std::string& path);

// The newest readings that the API shows of a station, at most 50.
struct ShownReading {
  std::uint64_t sequence = 0;
  double temperature_c = 0;
  std::string json;
};
core::Result<std::vector<ShownReading>> readings_shown(const core::Path& ca,
                                                       const std::string& station);

// A moment at which no reading was on its way, and how many the API had by then: what was counted
// there and what was captured until then are about the same readings. Where it is never quiet for
// that long, some moment.
struct Moment {
  core::Instant at{};
  std::uint64_t readings = 0;
};
core::Result<Moment> quiet_moment(const core::Path& ca, const core::Clock& clock);

// How many readings the API has of each station, once every one has at least `each`. Fails with
// timeout, saying who is missing, and with interrupted.
core::Result<std::uint64_t> wait_for_readings(const core::Path& ca, unsigned stations,
                                              std::uint64_t each, std::chrono::milliseconds within,
                                              const std::stop_token& stop);

}  // namespace wxsec::lab
