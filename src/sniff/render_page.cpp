// What an eavesdropper learned, as a page that can be handed on: numbers on top, then the findings
// with their remedies, then what was read (credentials, messages), and what was seen of each flow.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lib/core/counted.h"
#include "lib/core/time.h"
#include "src/report/html.h"
#include "src/sniff/print.h"

namespace wxsec::sniff {
namespace {

using report::Html;
using report::Tone;
namespace html = report::html;

constexpr std::size_t kMaxRows = 500;
constexpr std::size_t kMaxDump = 256;
constexpr std::size_t kMaxCell = 300;

Tone tone_of(flow::Verdict verdict) {
  switch (verdict) {
    case flow::Verdict::encrypted: return Tone::good;
    case flow::Verdict::plaintext:
    case flow::Verdict::mixed: return Tone::bad;
    default: return Tone::doubt;
  }
}

Html verdict_badge(flow::Verdict verdict) {
  return html::badge(flow::verdict_name(verdict), tone_of(verdict));
}

Html cell(std::string_view text) {
  return text.size() <= kMaxCell ? Html(text)
                                 : Html(std::string(text.substr(0, kMaxCell)) + " ...");
}
Html cell(std::uint64_t number) { return Html(std::to_string(number)); }

Html more(std::size_t shown, std::uint64_t total) {
  return total > shown ? html::paragraph(fmt::format("... and {} more", total - shown)) : Html();
}

// The first column of a table is a wide one: both ends fit below each other.
Html between(std::string_view client, std::string_view server) {
  return Html(client) + Html::markup("<br>") + Html(server);
}

std::string clock_of(const Place& place) {
  return core::rfc3339(core::Instant(std::chrono::milliseconds(place.time_ns / 1'000'000)));
}

Html numbers(const Exposure& seen, const Summary& summary) {
  const auto bad = [](std::uint64_t count) { return count > 0 ? Tone::bad : Tone::good; };
  return html::tiles(
      {{"packets", std::to_string(summary.packets)},
       {"dropped", std::to_string(summary.counters.dropped),
        summary.counters.dropped > 0 ? Tone::doubt : Tone::plain},
       {"flows", std::to_string(seen.flows_seen)},
       {"credentials in clear", std::to_string(seen.credentials_seen), bad(seen.credentials_seen)},
       {"messages in clear", std::to_string(seen.messages_seen), bad(seen.messages_seen)},
       {"findings", std::to_string(seen.findings.size()), bad(seen.findings.size())}});
}

Html verdicts(const Exposure& seen) {
  struct Count {
    std::uint64_t flows = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::pair<std::string, flow::Verdict>, Count> counts;
  for (const FlowCard& card : seen.flows) {
    Count& count = counts[{card.protocol, card.verdict}];
    ++count.flows;
    count.bytes += card.bytes_to_server + card.bytes_to_client;
  }
  std::vector<std::vector<Html>> rows;
  for (const auto& [key, count] : counts)
    rows.push_back(
        {cell(key.first), verdict_badge(key.second), cell(count.flows), cell(count.bytes)});
  return html::section("verdicts", "Verdicts",
                       html::table({"protocol", "verdict", "flows", "bytes"}, rows));
}

Html findings(const Exposure& seen) {
  if (seen.findings.empty()) return {};
  Html cards;
  for (const report::Finding& one : seen.findings) cards += html::finding(one);
  return html::section("findings", "Findings", cards);
}

Html credentials(const Exposure& seen, Secrets secrets) {
  if (seen.credentials.empty())
    return html::section("credentials", "Credentials", html::paragraph("None was seen in clear."));
  std::vector<std::vector<Html>> rows;
  const std::size_t shown = std::min(seen.credentials.size(), kMaxRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const Credential& one = seen.credentials[i];
    const std::string_view secret =
        secrets == Secrets::shown ? one.value.reveal() : std::string_view(one.masked);
    rows.push_back({between(one.place.client, one.place.server), cell(one.place.packet),
                    cell(clock_of(one.place)), cell(one.kind), cell(one.name), html::code(secret)});
  }
  return html::section(
      "credentials", "Credentials",
      html::table({"client and server", "packet", "time", "kind", "name", "secret"}, rows) +
          more(shown, seen.credentials.size()));
}

Html messages(const Exposure& seen) {
  if (seen.messages.empty())
    return html::section("content", "Content", html::paragraph("None was seen in clear."));
  std::vector<std::vector<Html>> rows;
  const std::size_t shown = std::min(seen.messages.size(), kMaxOverview);
  for (std::size_t i = 0; i < shown; ++i) {
    const ClearText& one = seen.messages[i];
    rows.push_back({cell(one.subject), cell(one.place.packet), cell(one.protocol), cell(one.text)});
  }
  return html::section("content", "Content",
                       html::table({"subject", "packet", "protocol", "content"}, rows) +
                           more(shown, seen.messages_seen));
}

Html samples(const Exposure& seen) {
  const auto dump = [](const Sample& sample, std::string_view none) {
    return sample.bytes.empty() ? html::paragraph(none)
                                : html::hexdump(sample.title, sample.bytes, kMaxDump);
  };
  if (seen.plaintext.bytes.empty() && seen.ciphertext.bytes.empty()) return {};
  return html::section("bytes", "The same wire, with and without TLS",
                       html::beside(dump(seen.plaintext, "No message was seen in clear."),
                                    dump(seen.ciphertext, "No TLS record with data was seen.")));
}

std::string details_of(const FlowCard& card) {
  std::string out;
  const auto add = [&](std::string_view label, std::string_view text) {
    if (!text.empty()) out += fmt::format("{}{}{}", out.empty() ? "" : ", ", label, text);
  };
  add("", card.tls_version);
  add("", card.cipher);
  add("sni ", card.sni);
  add("alpn ", card.alpn);
  add("ja4 ", card.ja4);
  add("alert ", card.alert);
  add("MQTT ", card.mqtt_version);
  add("carries ", card.inner);
  if (!card.certificates.empty()) add("certificate ", card.certificates.front().subject);
  if (card.lost > 0) add("", core::counted(card.lost, "byte") + " not captured");
  return out;
}

Html flows(const Exposure& seen) {
  std::vector<std::vector<Html>> rows;
  const std::size_t shown = std::min(seen.flows.size(), kMaxRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const FlowCard& card = seen.flows[i];
    rows.push_back({between(card.client, card.server), cell(card.id), cell(card.protocol),
                    verdict_badge(card.verdict), cell(card.packets),
                    cell(card.bytes_to_server + card.bytes_to_client), cell(details_of(card))});
  }
  return html::section("flows", "Flows",
                       html::table({"client and server", "flow", "protocol", "verdict", "packets",
                                    "bytes", "details"},
                                   rows) +
                           more(shown, seen.flows_seen));
}

}  // namespace

std::string render_page(const Exposure& seen, const Summary& summary, core::Instant at,
                        Secrets secrets) {
  const Html body = numbers(seen, summary) + verdicts(seen) + findings(seen) +
                    credentials(seen, secrets) + messages(seen) + samples(seen) + flows(seen);
  return html::page("What an eavesdropper learned",
                    fmt::format("wxsec sniff, {}; {}", core::rfc3339(at), counters_line(summary)),
                    body);
}

}  // namespace wxsec::sniff
