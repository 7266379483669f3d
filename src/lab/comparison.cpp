// The table at the end: one question a row, what was measured in each act, and where it was seen.
#include <fmt/core.h>

#include <algorithm>

#include "src/lab/room.h"

namespace wxsec::lab {
namespace {

using core::Result;

std::size_t readings_in_clear(const sniff::Exposure& wire) {
  return static_cast<std::size_t>(
      std::count_if(wire.messages.begin(), wire.messages.end(), [](const sniff::ClearText& m) {
        return m.protocol == "mqtt" && m.text.find("temperature_c") != std::string::npos;
      }));
}

// Passwords that somebody sent, each name once.
std::vector<std::string> stolen_names(const sniff::Exposure& wire) {
  std::vector<std::string> names;
  for (const sniff::Credential& credential : wire.credentials) {
    if (std::find(names.begin(), names.end(), credential.name) == names.end())
      names.push_back(credential.name);
  }
  return names;
}

std::string places(const std::vector<sniff::Credential>& credentials) {
  if (credentials.empty()) return "no credential in the whole capture";
  return fmt::format("plain.pcap, first in packet {}", credentials.front().place.packet);
}

const report::Check* find_check(const Facts& facts, std::string_view name) {
  const auto it = std::find_if(facts.checks.begin(), facts.checks.end(),
                               [&](const report::Check& c) { return c.name == name; });
  return it == facts.checks.end() ? nullptr : &*it;
}

std::string outcome_of(const report::Check* check) {
  return check == nullptr ? "not tried" : std::string(report::outcome_name(check->outcome));
}

std::string summary_of(const report::Check* check) {
  return check == nullptr ? "" : check->summary;
}

// The attempts that both acts made.
void add_attempts(const Room& room, std::vector<Row>& rows) {
  for (const report::Check& plain : room.plain.checks) {
    const report::Check* const tls = find_check(room.tls, plain.name);
    rows.push_back({"Attempt: " + plain.title, outcome_of(&plain), outcome_of(tls), plain.summary,
                    summary_of(tls)});
  }
}

// Those that make sense only where there are certificates.
void add_intruders(const Room& room, std::vector<Row>& rows) {
  for (const report::Check& check : room.tls.checks) {
    if (find_check(room.plain, check.name) != nullptr) continue;
    rows.push_back({"Attempt: " + check.title, "nothing to refuse it", outcome_of(&check),
                    "without certificates nobody proves who they are", check.summary});
  }
}

std::string flows_text(const sniff::Exposure& wire) {
  std::size_t plain = 0;
  std::size_t tls = 0;
  for (const sniff::FlowCard& flow : wire.flows) {
    if (flow.verdict == flow::Verdict::plaintext) ++plain;
    if (flow.verdict == flow::Verdict::encrypted) ++tls;
  }
  return fmt::format("{} flows in clear, {} encrypted", plain, tls);
}

double bytes_per_reading(const Facts& facts) {
  std::uint64_t bytes = 0;
  for (const sniff::FlowCard& flow : facts.wire.flows) {
    if (flow.server_port == kMqttPort || flow.server_port == kMqttsPort)
      bytes += flow.bytes_to_server + flow.bytes_to_client;
  }
  const std::uint64_t readings = std::max<std::uint64_t>(facts.readings_on_wire, 1);
  return static_cast<double>(bytes) / static_cast<double>(readings);
}

Result<void> compare(Room& room, StepRecord& record) {
  const sniff::Exposure& plain = room.plain.wire;
  const sniff::Exposure& tls = room.tls.wire;
  std::vector<Row>& rows = room.comparison;
  const auto names = stolen_names(plain);
  rows.push_back({"Passwords an eavesdropper reads",
                  fmt::format("{} of {} accounts in use", names.size(), room.options.stations + 1),
                  fmt::format("{}", stolen_names(tls).size()), places(plain.credentials),
                  "stations show certificates; no password is sent"});
  rows.push_back({"Readings an eavesdropper reads", fmt::format("{}", readings_in_clear(plain)),
                  fmt::format("{}", readings_in_clear(tls)), "plain.pcap: topic and JSON as sent",
                  "tls.pcap: application data records only"});
  rows.push_back(
      {"A reading forged in a station's name",
       room.plain.forged_shown ? "accepted, and shown by the API" : "not shown",
       outcome_of(find_check(room.tls, "plain-publish")) == "HELD" ? "refused" : "not refused",
       "published with the password from the capture",
       summary_of(find_check(room.tls, "plain-publish"))});
  rows.push_back({"Asking the API", room.plain.api_answer, room.tls.api_answer,
                  "answers anybody, and anybody can answer in its place",
                  "the client checks the certificate and the name first"});
  add_attempts(room, rows);
  add_intruders(room, rows);
  rows.push_back({"What remains visible", "everything", "who, when, how much", flows_text(plain),
                  flows_text(tls)});
  rows.push_back({"Price: bytes on the MQTT wire per reading",
                  fmt::format("{:.0f}", bytes_per_reading(room.plain)),
                  fmt::format("{:.0f}", bytes_per_reading(room.tls)),
                  "TCP payload of all MQTT connections by the readings that crossed",
                  "the same, handshakes with certificates and the intruders' attempts included"});
  rows.push_back(
      {"Price: time for one question to the API",
       fmt::format("{:.1f} ms", static_cast<double>(room.plain.connect_time.count()) / 1e3),
       fmt::format("{:.1f} ms", static_cast<double>(room.tls.connect_time.count()) / 1e3),
       "one measurement, connection included", "one measurement, TLS handshake included"});
  const bool better = readings_in_clear(tls) == 0 && readings_in_clear(plain) > 0 &&
                      !names.empty() && stolen_names(tls).empty();
  expect(record, better, "what was open is closed",
         {fmt::format("readings in clear: {} before, {} after", readings_in_clear(plain),
                      readings_in_clear(tls)),
          fmt::format("passwords: {} before, {} after", names.size(), stolen_names(tls).size())});
  return {};
}

}  // namespace

const std::vector<Step>& comparison_steps() {
  static const std::vector<Step> steps{
      {{"comparison", "compare", "Plaintext against TLS, row by row",
        "The same stations, the same broker, the same API, the same attempts. What differs is "
        "written down with the "
        "place where it was seen, and what it costs stands there as well.",
        "wxsec sniff -r plain.pcap --summary\nwxsec sniff -r tls.pcap --summary"},
       compare},
  };
  return steps;
}

}  // namespace wxsec::lab
