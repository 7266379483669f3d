// The table at the end: one question a row, what was measured in each act, and where it was seen.
#include <fmt/core.h>

#include <algorithm>

#include "src/lab/room.h"

namespace wxsec::lab {
namespace {

using core::Result;

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

std::size_t mqtt_messages(const sniff::Exposure& wire) {
  return static_cast<std::size_t>(
      std::count_if(wire.messages.begin(), wire.messages.end(),
                    [](const sniff::ClearText& m) { return m.protocol == "mqtt"; }));
}

const report::Check* find_check(const Facts& facts, std::string_view name) {
  const auto it = std::find_if(facts.checks.begin(), facts.checks.end(),
                               [&](const report::Check& c) { return c.name == name; });
  return it == facts.checks.end() ? nullptr : &*it;
}

Cell cell_of(const report::Check* check) {
  if (check == nullptr) return {"not tried", "", Mark::none};
  const Mark mark = check->outcome == report::Outcome::held     ? Mark::good
                    : check->outcome == report::Outcome::broken ? Mark::bad
                                                                : Mark::none;
  return {std::string(report::outcome_name(check->outcome)), check->summary, mark};
}

// What was tried in act two alone has no counterpart without certificates; what was accepted
// instead is told.
Cell not_applicable(const Facts& plain) {
  const report::Check* const let_in = find_check(plain, "no-client-cert");
  if (let_in == nullptr) return {"not tried", "", Mark::none};
  return {"not applicable", "there is no certificate to check: " + let_in->summary, Mark::none};
}

void add_attempts(const Room& room, std::vector<Row>& rows) {
  for (const report::Check& check : room.plain.checks) {
    rows.push_back(
        {"Attempt: " + check.title, cell_of(&check), cell_of(find_check(room.tls, check.name))});
  }
  for (const report::Check& check : room.tls.checks) {
    if (find_check(room.plain, check.name) != nullptr) continue;
    rows.push_back({"Attempt: " + check.title, not_applicable(room.plain), cell_of(&check)});
  }
}

std::string flows_text(const sniff::Exposure& wire) {
  const auto encrypted = std::count_if(
      wire.flows.begin(), wire.flows.end(),
      [](const sniff::FlowCard& flow) { return flow.verdict == flow::Verdict::encrypted; });
  if (encrypted == 0)
    return fmt::format("{} connections in clear, none encrypted", count_in_clear(wire));
  return fmt::format(
      "{} connections encrypted; the {} in clear are the intruder's own refused attempts",
      encrypted, count_in_clear(wire));
}

void add_exposure(const Room& room, std::vector<Row>& rows) {
  const sniff::Exposure& plain = room.plain.wire;
  const sniff::Exposure& tls = room.tls.wire;
  const auto names = stolen_names(plain);
  const auto names_tls = stolen_names(tls);
  const ReadingsSeen seen = readings_in_clear(plain);
  const ReadingsSeen seen_tls = readings_in_clear(tls);
  const auto mark = [](std::size_t lost) { return lost == 0 ? Mark::good : Mark::bad; };
  // Stations, one more that meets the man in the middle, and the API.
  rows.push_back({"Passwords an eavesdropper reads",
                  {fmt::format("{} of {} accounts in use", names.size(), room.options.stations + 2),
                   places(plain.credentials), mark(names.size())},
                  {fmt::format("{}", names_tls.size()),
                   fmt::format("tls.pcap: {} passwords in clear; clients show certificates",
                               tls.credentials_seen),
                   mark(names_tls.size())}});
  rows.push_back(
      {"Readings an eavesdropper reads",
       {fmt::format("{} of {} stored", seen.distinct.size(), room.plain.readings_stored),
        fmt::format("plain.pcap, told apart by station and number; {} copies in all", seen.copies),
        mark(seen.distinct.size())},
       {fmt::format("{}", seen_tls.distinct.size()),
        fmt::format("tls.pcap: {} MQTT messages in clear", mqtt_messages(tls)),
        mark(seen_tls.distinct.size())}});
  rows.push_back(
      {"Asking the API",
       {room.plain.api_answer, "answers anybody, and anybody can answer in its place", Mark::bad},
       {room.tls.api_answer, "the client checks the certificate and the name first", Mark::good}});
}

std::string per_reading(std::uint64_t bytes, const Window& window) {
  if (window.readings == 0) return "not measured";
  return fmt::format("{:.0f}", static_cast<double>(bytes) / static_cast<double>(window.readings));
}

std::string measured(std::uint64_t bytes, const Window& window) {
  return fmt::format(
      "{} bytes for {} readings in {:.1f} s, nobody logging in: station to broker, "
      "broker to API, and all acknowledgements",
      bytes, window.readings, std::chrono::duration<double>(window.to - window.from).count());
}

std::string milliseconds(std::chrono::microseconds span) {
  return fmt::format("{:.1f} ms", static_cast<double>(span.count()) / 1e3);
}

Result<void> add_prices(const Room& room, std::vector<Row>& rows) {
  const std::uint64_t plain =
      WXSEC_TRY(bytes_in(room.outputs.plain_capture, kMqttPort, room.plain.steady));
  const std::uint64_t tls =
      WXSEC_TRY(bytes_in(room.outputs.tls_capture, kMqttsPort, room.tls.steady));
  const HandshakeCost handshake =
      WXSEC_TRY(handshake_cost(room.outputs.tls_capture, room.outputs.tls_keys));
  rows.push_back({"Price: bytes per reading on connections that stand",
                  {per_reading(plain, room.plain.steady), measured(plain, room.plain.steady)},
                  {per_reading(tls, room.tls.steady), measured(tls, room.tls.steady)}});
  rows.push_back(
      {"Price: bytes to open a connection, once",
       {"0", "the first byte is MQTT's"},
       {fmt::format("{}", handshake.bytes),
        fmt::format("the operator's handshake, with the certificates of both sides and session "
                    "tickets, up to the CONNACK in packet {} of tls.pcap, opened with tls.keys",
                    handshake.packet)}});
  rows.push_back(
      {"Price: time for one question to the API",
       {milliseconds(room.plain.connect_time), "one measurement, connection included"},
       {milliseconds(room.tls.connect_time), "one measurement, TLS handshake included"}});
  return {};
}

Result<void> compare(Room& room, StepRecord& record) {
  const sniff::Exposure& plain = room.plain.wire;
  const sniff::Exposure& tls = room.tls.wire;
  std::vector<Row>& rows = room.comparison;
  add_exposure(room, rows);
  add_attempts(room, rows);
  rows.push_back({"What remains visible",
                  {"everything", flows_text(plain), Mark::bad},
                  {"who, when, how much", flows_text(tls), Mark::none}});
  const std::size_t read = readings_in_clear(plain).distinct.size();
  const std::size_t read_tls = readings_in_clear(tls).distinct.size();
  const std::size_t passwords = stolen_names(plain).size();
  const std::size_t passwords_tls = stolen_names(tls).size();
  expect(record, read_tls == 0 && read > 0 && passwords > 0 && passwords_tls == 0,
         "what was open is closed",
         {fmt::format("readings in clear: {} before, {} after", read, read_tls),
          fmt::format("passwords: {} before, {} after", passwords, passwords_tls)});
  return add_prices(room, rows);
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
