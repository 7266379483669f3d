#include "src/api/metrics.h"

#include <fmt/core.h>

#include <iterator>
#include <string_view>

namespace wxsec::api {
namespace {

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t value;
};

}  // namespace

std::string metrics_text(const Live& live, const core::Result<store::Health>& health) {
  const store::Health counts = health ? *health : store::Health{};
  const Metric metrics[] = {
      {"wxsec_readings_stored_total", "counter", "Readings added since the start.", live.stored},
      {"wxsec_readings_duplicate_total", "counter", "Readings received again since the start.",
       live.duplicates},
      {"wxsec_readings_refused_total", "counter", "Payloads that were no valid reading.",
       live.refused},
      {"wxsec_readings_waiting", "gauge", "Readings received and not yet in the store.",
       live.waiting},
      {"wxsec_store_failures_total", "counter", "Transactions that failed and were tried again.",
       live.store_failures},
      {"wxsec_store_up", "gauge", "1 if the store answers.", health ? 1U : 0U},
      {"wxsec_store_readings", "gauge", "Readings in the store.", counts.readings},
      {"wxsec_store_stations", "gauge", "Stations in the store.", counts.stations},
      {"wxsec_store_missing_readings", "gauge", "Sequences that never came.", counts.missing},
      {"wxsec_broker_connected", "gauge", "1 if the broker is reached.",
       live.broker().connected ? 1U : 0U},
      {"wxsec_http_requests_total", "counter", "Requests answered since the start.", live.requests},
  };
  std::string out;
  for (const Metric& metric : metrics) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n",
                   metric.name, metric.help, metric.type, metric.value);
  }
  return out;
}

}  // namespace wxsec::api
