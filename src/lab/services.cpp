#include "src/lab/services.h"

#include <fmt/core.h>

#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "lib/core/escape.h"
#include "lib/core/stop.h"
#include "lib/http/client.h"
#include "lib/tls/context.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Result;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kReadyWithin{10};
constexpr std::chrono::milliseconds kAskAgain{40};
constexpr std::chrono::milliseconds kQuietFor{60};
constexpr std::chrono::milliseconds kQuietWithin{500};
constexpr std::size_t kMaxPem = 1U << 20;

// A text file that grows by lines from one thread.
class LogFile {
 public:
  explicit LogFile(const core::Path& path) : out_(path, std::ios::app) {}
  void line(std::string_view text) { out_ << text << std::endl; }

 private:
  std::ofstream out_;
};

http::ClientRequest request_for(bool tls, const std::string& path) {
  http::ClientRequest request;
  request.url = {tls ? net::Scheme::https : net::Scheme::http, "localhost",
                 tls ? kHttpsPort : kHttpPort, path};
  request.timeout = 3s;
  return request;
}

Answer answer_of(const http::Exchange& exchange, bool tls) {
  Answer out;
  out.status = exchange.response->status;
  out.body = exchange.response->body;
  out.took = exchange.took;
  out.protocol = "plain HTTP";
  if (tls && exchange.peer.version) {
    out.protocol =
        fmt::format("{} {}", tls::version_name(*exchange.peer.version), exchange.peer.cipher);
  }
  if (tls && !exchange.peer.chain.empty()) out.serial = exchange.peer.chain.front().serial;
  return out;
}

// Stations with at least `each` readings, and how many readings there are in all.
struct Count {
  unsigned stations = 0;
  std::uint64_t readings = 0;
};
Count count_readings(const std::string& body, std::uint64_t each) {
  Count count;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("items") || !json["items"].is_array()) return count;
  for (const auto& item : json["items"]) {
    const std::uint64_t readings = item.value("readings", std::uint64_t{0});
    count.readings += readings;
    if (readings >= each) ++count.stations;
  }
  return count;
}

}  // namespace

Result<BrokerService> start_broker(broker::Settings settings, core::Path work_dir,
                                   broker::ReloadRequest& reload,
                                   const std::stop_token& cut_short) {
  auto options = std::make_shared<broker::RunOptions>();
  options->settings = std::move(settings);
  options->settings.user = "root";  // of the room, where no other user exists
  options->work_dir = work_dir;
  return BrokerService::start(
      "mosquitto",
      [options, &reload, log = std::make_shared<LogFile>(work_dir / "mosquitto.log")](
          const BrokerService::SayReady& ready, std::stop_token stop) -> Result<Nothing> {
        broker::RunEvents events;
        events.on_ready = ready;
        events.on_log = [log](const broker::LogLine& line) {
          log->line(core::escape_terminal(line.raw));
          if (!line.explanation.empty())
            log->line("    = " + core::escape_terminal(line.explanation));
        };
        events.on_warning = [log](std::string_view text) { log->line(text); };
        events.on_reload = [log] { log->line("    = told to read its files again (SIGHUP)"); };
        WXSEC_TRY(broker::run_broker(*options, events, reload, stop));
        return Nothing{};
      },
      kReadyWithin, cut_short);
}

Result<ApiService> start_api(api::ServeOptions options, api::ReloadSwitch& reload,
                             const core::Clock& clock, const std::stop_token& cut_short) {
  auto shared = std::make_shared<api::ServeOptions>(std::move(options));
  return ApiService::start(
      "the API",
      [shared, &reload, &clock](const ApiService::SayReady& ready, std::stop_token stop) {
        // Ready means both: listening, and subscribed at the broker.
        struct Both {
          std::mutex mutex;
          ApiReady listening;
          bool connected = false;
        };
        const auto both = std::make_shared<Both>();
        const auto check = [both, ready] {
          if (both->connected && both->listening.port != 0) ready(both->listening);
        };
        shared->on_listening = [both, check](std::string_view host, std::uint16_t port) {
          const std::lock_guard lock(both->mutex);
          both->listening = {std::string(host), port};
          check();
        };
        shared->on_event = [both, check](const api::ServeEvent& event) {
          const std::lock_guard lock(both->mutex);
          if (event.kind == api::ServeEvent::Kind::broker_connected) both->connected = true;
          check();
        };
        return api::serve(std::move(*shared), reload, clock, stop);
      },
      kReadyWithin, cut_short);
}

Result<StationService> start_stations(station::PublisherOptions options, const core::Clock& clock,
                                      const std::stop_token& cut_short) {
  auto shared = std::make_shared<station::PublisherOptions>(std::move(options));
  return StationService::start(
      "the stations",
      [shared, &clock](const StationService::SayReady& ready, std::stop_token stop) {
        std::set<std::string> heard;
        const std::size_t all = shared->stations.size();
        return station::run_stations(
            *shared, clock, stop, [&heard, all, &ready](const station::Event& event) {
              if (event.kind != station::Event::Kind::acknowledged) return;
              if (heard.insert(event.station).second && heard.size() == all) ready(Nothing{});
            });
      },
      kReadyWithin, cut_short);
}

Result<Answer> ask_api(const core::Path& ca, const std::string& path) {
  const bool tls = !ca.empty();
  http::Exchange exchange;
  if (tls) {
    tls::ClientOptions options;
    options.ca_pem = WXSEC_TRY(core::read_file(ca, kMaxPem));
    const auto context = WXSEC_TRY(tls::ClientContext::create(options));
    exchange = http::exchange(request_for(tls, path), context);
  } else {
    exchange = http::exchange_plain(request_for(tls, path));
  }
  if (!exchange.response) return fail(core::with_context(exchange.error, "asking the API"));
  return answer_of(exchange, tls);
}

Result<std::vector<ShownReading>> readings_shown(const core::Path& ca, const std::string& station) {
  const Answer answer = WXSEC_TRY(
      ask_api(ca, fmt::format("/api/v1/stations/{}/readings?order=desc&limit=50", station)));
  std::vector<ShownReading> out;
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_object() || !json.contains("items")) return out;
  for (const auto& item : json["items"]) {
    out.push_back(
        {item.value("sequence", std::uint64_t{0}), item.value("temperature_c", 0.0), item.dump()});
  }
  return out;
}

Result<Moment> quiet_moment(const core::Path& ca, const core::Clock& clock) {
  Moment moment{clock.now(), 0};
  for (const auto deadline = core::Deadline::in(kQuietWithin); !deadline.passed();) {
    const Answer answer = WXSEC_TRY(ask_api(ca, "/api/v1/stations"));
    const std::uint64_t readings = count_readings(answer.body, 1).readings;
    if (readings == moment.readings) return moment;
    std::this_thread::sleep_for(kQuietFor / 2);
    moment = {clock.now(), readings};
    std::this_thread::sleep_for(kQuietFor / 2);
  }
  return moment;
}

Result<std::uint64_t> wait_for_readings(const core::Path& ca, unsigned stations, std::uint64_t each,
                                        std::chrono::milliseconds within,
                                        const std::stop_token& stop) {
  Count count;
  for (const auto deadline = core::Deadline::in(within); !deadline.passed();) {
    const Answer answer = WXSEC_TRY(ask_api(ca, "/api/v1/stations"));
    count = count_readings(answer.body, each);
    if (count.stations >= stations) return count.readings;
    if (!core::sleep_unless_stopped(stop, kAskAgain))
      return fail(Code::interrupted, "the wait for readings was cut short");
  }
  return fail(Code::timeout, fmt::format("only {} of {} stations have {} readings in the API",
                                         count.stations, stations, each));
}

}  // namespace wxsec::lab
