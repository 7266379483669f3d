// The report: the verdict first, then the comparison, the two hexdumps beside each other, and every
// step with what was expected and what was seen. Whoever wants proof opens the evidence; whoever
// wants to learn reads the text and types the commands.
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/time.h"
#include "src/lab/render.h"
#include "src/report/html.h"

namespace wxsec::lab {
namespace {

using report::Html;
using report::Tone;
namespace html = report::html;

constexpr std::size_t kBytesShown = 256;

std::string_view act_title(std::string_view act) {
  if (act == "plaintext") return "Act one: plaintext";
  if (act == "tls") return "Act two: TLS";
  if (act == "certificates") return "Act three: certificates";
  return "Comparison";
}

Html verdict(const Transcript& transcript) {
  if (transcript.held()) {
    return html::card(
        Tone::good,
        html::paragraph("Every expectation held: without TLS everything was open, with TLS "
                        "every attempt was refused, and no reading was lost."));
  }
  return html::card(Tone::bad,
                    html::paragraph("Some expectations did not hold; they are marked below."));
}

std::size_t attempts(const Transcript& transcript, std::string_view act, report::Outcome outcome) {
  std::size_t count = 0;
  for (const StepRecord& step : transcript.steps) {
    for (const report::Check& check : step.checks) {
      if (step.act == act && check.outcome == outcome) ++count;
    }
  }
  return count;
}

Html numbers(const Transcript& transcript) {
  const std::size_t all = transcript.expectations();
  const std::size_t failed = transcript.failures();
  const std::size_t broken_with_tls = attempts(transcript, "tls", report::Outcome::broken);
  return html::tiles(
      {{"expectations held", fmt::format("{} of {}", all - std::min(all, failed), all),
        failed == 0 ? Tone::good : Tone::bad},
       {"attempts that broke in without TLS",
        std::to_string(attempts(transcript, "plaintext", report::Outcome::broken)), Tone::bad},
       {"attempts that broke in with TLS", std::to_string(broken_with_tls),
        broken_with_tls == 0 ? Tone::good : Tone::bad},
       {"attempts refused with TLS",
        std::to_string(attempts(transcript, "tls", report::Outcome::held)), Tone::good}});
}

Tone tone_of(Mark mark) {
  if (mark == Mark::none) return Tone::plain;
  return mark == Mark::good ? Tone::good : Tone::bad;
}

Html cell(const Cell& cell) {
  const Html shown = cell.mark == Mark::none ? html::element("strong", Html(cell.value))
                                             : html::badge(cell.value, tone_of(cell.mark));
  return shown + html::element("div", html::element("small", Html(cell.evidence)));
}

Html comparison(const Transcript& transcript) {
  std::vector<std::vector<Html>> rows;
  for (const Row& row : transcript.comparison) {
    rows.push_back({Html(row.question), cell(row.plaintext), cell(row.tls)});
  }
  if (rows.empty()) return {};
  return html::section("comparison", "Plaintext against TLS",
                       html::table({"", "Plaintext", "TLS"}, rows));
}

Html exhibit(const Exhibit& e) {
  return html::hexdump(e.title, e.bytes, kBytesShown) + html::paragraph(e.note);
}

// The same kind of message in both captures, readable and not.
Html on_the_wire(const Transcript& transcript) {
  std::vector<Html> shown;
  for (const StepRecord& step : transcript.steps) {
    for (const Exhibit& e : step.exhibits) shown.push_back(exhibit(e));
  }
  if (shown.size() < 2) return {};
  return html::section(
      "wire", "A reading on the wire",
      html::paragraph("Bytes from the captured packets. What can be read is highlighted.") +
          html::beside(html::element("div", shown.front()), html::element("div", shown.back())));
}

Html claim(const Expectation& e) {
  return html::element("div",
                       html::badge(e.held ? "held" : "FAILED", e.held ? Tone::good : Tone::bad) +
                           Html(" " + e.what) + html::details("evidence", html::list(e.evidence)));
}

Html card(const StepRecord& step) {
  Html body = html::element("h3", Html(step.title)) + html::paragraph(step.explain);
  for (const Expectation& e : step.expectations) body += claim(e);
  if (step.error) {
    body += html::badge("STOPPED", Tone::bad) + html::paragraph(step.error->what) +
            html::paragraph(step.error->hint);
  }
  body += html::details(fmt::format("by hand ({} ms here)", step.took.count()),
                        html::element("pre", Html(step.by_hand)));
  return html::card(step.held() ? Tone::good : Tone::bad, body);
}

Html acts(const Transcript& transcript) {
  Html out;
  for (const std::string_view act : {"plaintext", "tls", "certificates", "comparison"}) {
    Html cards;
    for (const StepRecord& step : transcript.steps) {
      if (step.act == act) cards += card(step);
    }
    if (!cards.empty()) out += html::section(fmt::format("act-{}", act), act_title(act), cards);
  }
  return out;
}

Html files() {
  Html out;
  for (const std::string_view text :
       {"`plain.pcap` and `tls.pcap` hold the packets of the first two acts, for Wireshark or "
        "`wxsec sniff -r tls.pcap`.",
        "`renewal.pcap` holds those of the third. In its TLS 1.2 handshakes the old and the new "
        "certificates travel in clear: `tshark -r renewal.pcap -Y tls.handshake.certificate -T "
        "fields -e tcp.srcport -e x509af.serialNumber`.",
        "`tls.keys` holds the session keys of the API and of the operator's subscription. With "
        "them, and only with them, those conversations open: `wxsec sniff -r tls.pcap --keylog "
        "tls.keys`.",
        "`plain/` and `tls/` hold configuration, log and database of each act, and the "
        "certificates. Keys made for a lesson are for the lesson only.",
        "`report.json` is this page for programs."})
    out += html::element("p", html::prose(text));
  return html::section("files", "Files beside this page", out);
}

}  // namespace

std::string render_page(const Transcript& transcript) {
  const std::string subtitle = fmt::format(
      "wxsec {} on {}, {}, {:.1f} seconds. Real Mosquitto, real TLS, real packets, in a network of "
      "its own.",
      transcript.version, transcript.host, core::rfc3339(transcript.at),
      static_cast<double>(transcript.took.count()) / 1e3);
  return html::page("Securing communications with SSL/TLS", subtitle,
                    numbers(transcript) + verdict(transcript) + comparison(transcript) +
                        on_the_wire(transcript) + acts(transcript) + files());
}

}  // namespace wxsec::lab
