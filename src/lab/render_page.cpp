// The report: the verdict first, then the comparison, the two hexdumps beside each other, and every
// step with what was expected and what was seen. Whoever wants proof opens the evidence; whoever
// wants to learn reads the text and types the commands.
#include <fmt/core.h>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "src/lab/render.h"
#include "src/report/page.h"

namespace wxsec::lab {
namespace {

using core::escape_html;
using report::Tone;

std::string_view act_title(std::string_view act) {
  if (act == "plaintext") return "Act one: plaintext";
  if (act == "tls") return "Act two: TLS";
  if (act == "certificates") return "Act three: certificates";
  return "Comparison";
}

std::string banner(const Transcript& transcript) {
  const std::size_t all = transcript.expectations();
  if (transcript.held()) {
    return fmt::format(
        "<p class=\"banner good\">All {} expectations held: without TLS everything was open, with "
        "TLS nothing was.</p>\n",
        all);
  }
  return fmt::format(
      "<p class=\"banner bad\">{} of {} expectations did not hold; they are marked below.</p>\n",
      transcript.failures(), all);
}

std::string cell(std::string_view value, std::string_view evidence, std::string_view tone) {
  return fmt::format("<span class=\"{}\">{}</span><small>{}</small>", tone, escape_html(value),
                     escape_html(evidence));
}

std::string comparison(const Transcript& transcript) {
  std::vector<std::vector<std::string>> rows;
  for (const Row& row : transcript.comparison) {
    const bool price = row.question.starts_with("Price:");
    rows.push_back({escape_html(row.question),
                    cell(row.plaintext, row.plaintext_evidence, price ? "" : "bad"),
                    cell(row.tls, row.tls_evidence, price ? "" : "good")});
  }
  if (rows.empty()) return {};
  return "<h2 id=\"comparison\">Plaintext against TLS</h2>\n" +
         report::html_table({"", "Plaintext", "TLS"}, rows);
}

// The last exhibit of either act: the same kind of message, readable and not.
std::string exhibits_beside(const Transcript& transcript) {
  std::string out;
  for (const StepRecord& step : transcript.steps) {
    for (const Exhibit& e : step.exhibits) out += report::hexdump_figure(e.title, e.bytes, e.note);
  }
  if (out.empty()) return {};
  return "<h2 id=\"wire\">The same reading on the wire</h2>\n<p>Bytes from the captured packets; "
         "runs of readable text are marked.</p>\n"
         "<div class=\"pair\">\n" +
         out + "</div>\n";
}

std::string claim(const Expectation& e) {
  return fmt::format("<li>{} {}{}</li>\n",
                     report::badge(e.held ? "held" : "FAILED", e.held ? Tone::good : Tone::bad),
                     escape_html(e.what),
                     report::details("evidence", report::bullet_list(e.evidence)));
}

std::string card(const StepRecord& step) {
  std::string out = fmt::format(
      "<section class=\"card\" id=\"{}\"><header><h3>{}</h3><span class=\"meta\">{} "
      "ms</span></header>\n",
      escape_html(step.name), escape_html(step.title), step.took.count());
  out += report::paragraph(step.explain) + "<ul class=\"claims\">\n";
  for (const Expectation& e : step.expectations) out += claim(e);
  if (step.error)
    out += fmt::format("<li>{} {}</li>\n", report::badge("STOPPED", Tone::bad),
                       escape_html(step.error->what + ". " + step.error->hint));
  return out + "</ul>\n" + report::details("by hand", report::code_block(step.by_hand)) +
         "</section>\n";
}

std::string acts(const Transcript& transcript) {
  std::string out;
  std::string act;
  for (const StepRecord& step : transcript.steps) {
    if (step.act == "comparison" && step.held()) continue;  // it is the table at the top
    if (step.act != act)
      out += fmt::format("<h2 id=\"{}\">{}</h2>\n", escape_html(step.act),
                         escape_html(act_title(step.act)));
    act = step.act;
    out += card(step);
  }
  return out;
}

std::string closing() {
  return "<h2>Files beside this page</h2>\n<ul>\n"
         "<li><code>plain.pcap</code>, <code>tls.pcap</code>: the packets, for Wireshark or "
         "<code>wxsec sniff -r</code></li>\n"
         "<li><code>tls.keys</code>: the session keys of the API and of the operator's subscriber. "
         "With them, and only with them, "
         "those conversations can be opened: <code>wxsec sniff -r tls.pcap --keylog "
         "tls.keys</code></li>\n"
         "<li><code>plain/</code>, <code>tls/</code>: configuration, log and database of each act, "
         "and the certificates. Keys made for "
         "a lesson are for the lesson only.</li>\n"
         "<li><code>report.json</code>: this page for programs</li>\n</ul>\n";
}

}  // namespace

std::string render_page(const Transcript& transcript) {
  std::string body = "<h1>Securing communications with SSL/TLS</h1>\n";
  body += fmt::format(
      "<p class=\"meta\">wxsec {} on {}, {}, {:.1f} seconds. Real Mosquitto, real TLS, real "
      "packets, in a network "
      "namespace of its own.</p>\n",
      escape_html(transcript.version), escape_html(transcript.host),
      core::rfc3339(transcript.at).substr(0, 16) + "Z",
      static_cast<double>(transcript.took.count()) / 1e3);
  body += banner(transcript);
  body +=
      "<nav><a href=\"#comparison\">Comparison</a><a href=\"#wire\">On the wire</a><a "
      "href=\"#plaintext\">Plaintext</a>"
      "<a href=\"#tls\">TLS</a><a href=\"#certificates\">Certificates</a></nav>\n";
  body += comparison(transcript) + exhibits_beside(transcript) + acts(transcript) + closing();
  return report::page("wxsec lab: securing communications with SSL/TLS", body);
}

}  // namespace wxsec::lab
