// The answer to "what did an eavesdropper learn?", as tables and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "lib/core/counted.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/json/line_writer.h"
#include "lib/term/hexdump.h"
#include "lib/term/table.h"
#include "src/sniff/print.h"

namespace wxsec::sniff {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxRows = 50;

std::string safe(std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  return core::escape_terminal(text.substr(0, most)) + (cut ? "..." : "");
}

std::string coloured(flow::Verdict verdict, const term::Style& style) {
  const std::string_view name = flow::verdict_name(verdict);
  switch (verdict) {
    case flow::Verdict::encrypted: return style.good(name);
    case flow::Verdict::plaintext:
    case flow::Verdict::mixed: return style.bad(name);
    default: return style.doubt(name);
  }
}

std::string more_line(std::size_t shown, std::size_t total) {
  return total > shown ? fmt::format("  ... and {} more\n", total - shown) : "";
}

std::string flow_details(const FlowCard& card) {
  std::string out;
  const auto add = [&](std::string_view text) {
    if (!text.empty()) out += (out.empty() ? "" : ", ") + std::string(text);
  };
  add(card.tls_version);
  add(card.cipher);
  if (!card.sni.empty()) add("sni " + safe(card.sni, 60));
  if (!card.alert.empty()) add("alert " + card.alert);
  if (!card.mqtt_version.empty()) add("MQTT " + card.mqtt_version);
  if (!card.inner.empty()) add("carries " + card.inner);
  if (!card.certificates.empty()) add(safe(card.certificates.front().subject, 60));
  if (card.lost > 0) add(core::counted(card.lost, "byte") + " not captured");
  return out;
}

std::string flows_table(const Exposure& seen, const term::Style& style) {
  term::Table table(
      {"flow", "client", "server", "protocol", "verdict", "messages", "bytes", "details"});
  const std::size_t rows = std::min(seen.flows.size(), kMaxRows);
  for (std::size_t i = 0; i < rows; ++i) {
    const FlowCard& card = seen.flows[i];
    table.row({std::to_string(card.id), card.client, card.server, card.protocol,
               coloured(card.verdict, style),
               std::to_string(card.protocol == "tls" && card.messages == 0 ? card.records
                                                                           : card.messages),
               std::to_string(card.bytes_to_server + card.bytes_to_client), flow_details(card)});
  }
  return style.bold("Flows") + "\n" + table.render(style) + more_line(rows, seen.flows.size());
}

std::string verdicts_table(const Exposure& seen, const term::Style& style) {
  std::map<std::pair<std::string, flow::Verdict>, std::pair<std::uint64_t, std::uint64_t>> counts;
  for (const FlowCard& card : seen.flows) {
    auto& [flows, bytes] = counts[{card.protocol, card.verdict}];
    ++flows;
    bytes += card.bytes_to_server + card.bytes_to_client;
  }
  term::Table table({"protocol", "verdict", "flows", "bytes"});
  for (const auto& [key, value] : counts)
    table.row({key.first, coloured(key.second, style), std::to_string(value.first),
               std::to_string(value.second)});
  return style.bold("Verdicts") + "\n" + table.render(style);
}

std::string talkers_table(const Exposure& seen, const term::Style& style) {
  constexpr std::size_t kTop = 10;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> servers;
  for (const FlowCard& card : seen.flows) {
    auto& [flows, bytes] = servers[card.server];
    ++flows;
    bytes += card.bytes_to_server + card.bytes_to_client;
  }
  std::vector<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>> sorted(
      servers.begin(), servers.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.second > b.second.second; });
  term::Table table({"server", "flows", "bytes"});
  const std::size_t rows = std::min(sorted.size(), kTop);
  for (std::size_t i = 0; i < rows; ++i)
    table.row({sorted[i].first, std::to_string(sorted[i].second.first),
               std::to_string(sorted[i].second.second)});
  return style.bold("Servers") + "\n" + table.render(style) + more_line(rows, sorted.size());
}

std::string credentials_table(const Exposure& seen, const term::Style& style, Secrets secrets) {
  if (seen.credentials.empty()) return style.bold("Credentials") + "\n  none seen in clear\n";
  term::Table table({"packet", "server", "kind", "name", "secret"});
  const std::size_t rows = std::min(seen.credentials.size(), kMaxRows);
  for (std::size_t i = 0; i < rows; ++i) {
    const Credential& one = seen.credentials[i];
    table.row({std::to_string(one.place.packet), one.place.server, one.kind, safe(one.name, 60),
               style.bad(secrets == Secrets::shown ? safe(one.value.reveal(), 80) : one.masked)});
  }
  return style.bold("Credentials") + "\n" + table.render(style) +
         more_line(rows, seen.credentials.size());
}

std::string messages_table(const Exposure& seen, const term::Style& style) {
  if (seen.messages.empty()) return style.bold("Content") + "\n  none seen in clear\n";
  constexpr std::size_t kTop = 10;
  term::Table table({"packet", "protocol", "subject", "content"});
  const std::size_t rows = std::min(seen.messages.size(), kTop);
  for (std::size_t i = 0; i < rows; ++i) {
    const ClearText& one = seen.messages[i];
    table.row({std::to_string(one.place.packet), one.protocol, safe(one.subject, 50),
               safe(one.text, 80)});
  }
  return style.bold("Content") + "  " + core::counted(seen.messages_seen, "message") +
         " in clear\n" + table.render(style) + more_line(rows, seen.messages_seen);
}

std::string findings_list(const Exposure& seen, const term::Style& style) {
  if (seen.findings.empty()) return "";
  std::string out = style.bold("Findings") + "\n";
  for (const report::Finding& one : seen.findings) {
    out += fmt::format("  {}  {}  {}\n      {}\n", style.bad(one.id),
                       report::severity_name(one.severity), safe(one.title, 100),
                       safe(one.evidence.empty() ? one.where : one.evidence.front(), 200));
    if (one.evidence.size() > 1)
      out += fmt::format("      ... and at least {} more there, which --json tells\n",
                         one.evidence.size() - 1);
  }
  return out + "  'wxsec explain ID' tells why each matters and what to change\n";
}

ordered_json place_json(const Place& place) {
  return {{"packet", place.packet},
          {"time", Stamp().rfc3339(place.time_ns)},
          {"flow", place.flow},
          {"client", place.client},
          {"server", place.server}};
}

ordered_json flow_json(const FlowCard& card) {
  ordered_json out{{"flow", card.id},
                   {"client", card.client},
                   {"server", card.server},
                   {"protocol", card.protocol},
                   {"verdict", flow::verdict_name(card.verdict)},
                   {"packets", card.packets},
                   {"bytes_to_server", card.bytes_to_server},
                   {"bytes_to_client", card.bytes_to_client},
                   {"lost", card.lost},
                   {"messages", card.messages}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  add("inner", card.inner);
  add("mqtt_version", card.mqtt_version);
  add("version", card.tls_version);
  add("cipher", card.cipher);
  add("sni", card.sni);
  add("alpn", card.alpn);
  add("ja3", card.ja3);
  add("ja4", card.ja4);
  add("alert", card.alert);
  return out;
}

ordered_json credential_json(const Credential& one, Secrets secrets) {
  ordered_json out = place_json(one.place);
  out["kind"] = one.kind;
  out["name"] = one.name;
  out["secret"] = secrets == Secrets::shown ? std::string(one.value.reveal()) : one.masked;
  return out;
}

std::string base64(core::ByteView bytes) {
  json::Buffer out;
  json::append_base64(out, bytes);
  return std::string(out.text());
}

// Text and, exactly, base64, as in JSON_LINES.md.
ordered_json case_json(const FindingCase& one) {
  return {{"packet", one.place.packet},
          {"time", Stamp().rfc3339(one.place.time_ns)},
          {"flow", one.place.flow},
          {"src", one.source()},
          {"dst", one.destination()},
          {"evidence", one.text},
          {"excerpt", core::as_text(one.excerpt)},
          {"excerpt_base64", base64(one.excerpt)}};
}

// Whether these contradicted what was sent first is not known.
std::string not_compared_line(const Summary& summary) {
  if (summary.not_compared == 0) return "";
  return fmt::format("{} came too late to be compared with what they repeat\n",
                     core::counted(summary.not_compared, "retransmission"));
}

ordered_json message_json(const ClearText& one) {
  ordered_json out = place_json(one.place);
  out["protocol"] = one.protocol;
  out["subject"] = one.subject;
  out["text"] = one.text;
  out["size"] = one.size;
  return out;
}

ordered_json finding_json(const report::Finding& one,
                          const std::vector<const FindingCase*>& cases) {
  ordered_json out{{"id", one.id},
                   {"severity", report::severity_name(one.severity)},
                   {"title", one.title},
                   {"where", one.where},
                   {"evidence", one.evidence},
                   {"cases", ordered_json::array()}};
  for (const FindingCase* const each : cases) out["cases"].push_back(case_json(*each));
  return out;
}

std::string dump(const ordered_json& value) {
  return value.dump(2, ' ', true, ordered_json::error_handler_t::replace);
}

// A member with a list, an entry at a time: all of them together as one document need many times
// the memory of what they say.
template <class Entry, class ToJson>
void write_list(const std::function<void(std::string_view)>& write, std::string_view name,
                const std::vector<Entry>& list, const ToJson& to_json) {
  write(fmt::format(",\n  \"{}\": [", name));
  bool first = true;
  for (const Entry& one : list) {
    std::string text = (first ? "\n" : ",\n") + dump(to_json(one));
    first = false;
    // Line feeds within text are escaped: these are the layout's.
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
      text.insert(at + 1, "    ");
    write(text);
  }
  write(list.empty() ? "]" : "\n  ]");
}

}  // namespace

std::string counters_line(const Summary& summary) {
  return fmt::format(
      "{} received, {} dropped by the kernel, {} by the interface; {}; {} {} not TCP",
      core::counted(summary.counters.received, "packet"), summary.counters.dropped,
      summary.counters.interface_dropped, core::counted(summary.flows, "flow"),
      core::counted(summary.not_tcp, "packet"), summary.not_tcp == 1 ? "was" : "were");
}

std::string render_summary(const Exposure& seen, const Summary& summary, const term::Style& style,
                           const PrintOptions& options) {
  std::string out = verdicts_table(seen, style) + '\n' + talkers_table(seen, style) + '\n' +
                    flows_table(seen, style) + '\n' +
                    credentials_table(seen, style, options.secrets) + '\n' +
                    messages_table(seen, style) + '\n' + findings_list(seen, style);
  if (options.hexdump && !(seen.plaintext.bytes.empty() && seen.ciphertext.bytes.empty()))
    out +=
        '\n' + term::side_by_side(core::escape_terminal(seen.plaintext.title), seen.plaintext.bytes,
                                  seen.ciphertext.title, seen.ciphertext.bytes, 128);
  return out + '\n' + counters_line(summary) + '\n' + not_compared_line(summary);
}

void render_summary_json(const Exposure& seen, const Summary& summary, Secrets secrets,
                         const std::function<void(std::string_view)>& write) {
  ordered_json head{{"packets", summary.packets},
                    {"bytes", summary.bytes},
                    {"received", summary.counters.received},
                    {"dropped", summary.counters.dropped},
                    {"interface_dropped", summary.counters.interface_dropped},
                    {"not_tcp", summary.not_tcp},
                    {"not_understood", summary.not_understood},
                    {"flows_seen", seen.flows_seen},
                    {"evicted", summary.evicted},
                    {"credentials_seen", seen.credentials_seen},
                    {"messages_in_clear", seen.messages_seen}};
  if (summary.counters.not_filtered != 0) head["not_filtered"] = summary.counters.not_filtered;
  if (summary.not_compared != 0) head["not_compared"] = summary.not_compared;
  std::string text = dump(head);
  text.erase(text.rfind('\n'));  // and the brace: the lists follow
  write(text);
  write_list(write, "flows", seen.flows, flow_json);
  write_list(write, "credentials", seen.credentials,
             [&](const Credential& one) { return credential_json(one, secrets); });
  write_list(write, "messages", seen.messages, message_json);
  std::vector<std::vector<const FindingCase*>> cases(seen.findings.size());
  for (const FindingCase& one : seen.cases) cases.at(one.finding).push_back(&one);
  std::size_t next = 0;
  write_list(write, "findings", seen.findings,
             [&](const report::Finding& one) { return finding_json(one, cases[next++]); });
  write("\n}\n");
}

}  // namespace wxsec::sniff
