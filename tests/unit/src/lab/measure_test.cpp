#include "src/lab/measure.h"

#include <doctest/doctest.h>

#include "src/weather/payload.h"

using namespace wxsec;
using namespace wxsec::lab;

namespace {

sniff::ClearText publish(std::string topic, std::uint64_t sequence) {
  weather::Reading reading;
  reading.pressure_hpa = 1000;
  reading.sequence = sequence;
  sniff::ClearText out;
  out.protocol = "mqtt";
  out.subject = std::move(topic);
  out.text = weather::encode(reading);
  return out;
}

}  // namespace

TEST_CASE("lab/measure: a reading counts once, however often it crossed the wire") {
  sniff::Exposure wire;
  wire.messages.push_back(publish("wx/station-0001/reading", 1));
  wire.messages.push_back(publish("wx/station-0001/reading", 1));  // broker to subscriber
  wire.messages.push_back(publish("wx/station-0001/reading", 2));
  wire.messages.push_back(publish("wx/station-0002/reading", 1));  // another station's first
  const ReadingsSeen seen = readings_in_clear(wire);
  CHECK(seen.distinct.size() == 3);
  CHECK(seen.copies == 4);
}

TEST_CASE("lab/measure: only readings count as readings") {
  sniff::Exposure wire;
  wire.messages.push_back(publish("wx/station-0001/stored", 1));
  wire.messages.push_back(publish("elsewhere", 1));
  wire.messages.push_back(publish("wx/station-0001/reading", 1));
  wire.messages.back().text = "{\"canary\":\"wxsec-canary\"}";
  wire.messages.push_back(publish("wx/station-0001/reading", 1));
  wire.messages.back().protocol = "http";
  const ReadingsSeen seen = readings_in_clear(wire);
  CHECK(seen.distinct.empty());
  CHECK(seen.copies == 0);
}

TEST_CASE("lab/measure: whoever spoke without TLS counts as in clear, also if TLS answered") {
  sniff::Exposure wire;
  for (const flow::Verdict verdict : {flow::Verdict::plaintext, flow::Verdict::mixed,
                                      flow::Verdict::encrypted, flow::Verdict::unknown}) {
    wire.flows.emplace_back().verdict = verdict;
  }
  CHECK(count_in_clear(wire) == 2);
}
