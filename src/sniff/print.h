// Events and results as text for people. Everything that came from the network is escaped here.
#pragma once

#include <functional>
#include <string>

#include "lib/flow/event.h"
#include "lib/term/style.h"
#include "src/sniff/exposure.h"
#include "src/sniff/json_lines.h"
#include "src/sniff/secret_finder.h"
#include "src/sniff/session.h"
#include "src/sniff/stamp.h"

namespace wxsec::sniff {

struct PrintOptions {
  Secrets secrets = Secrets::masked;
  bool hexdump = false;       // the bytes of each message under its line
  bool every_record = false;  // also TLS records and flow beginnings
  bool whole = false;         // payloads are not cut to one line's length
};

class TextLines {
 public:
  TextLines(const term::Style& style, const PrintOptions& options)
      : style_(style), options_(options) {}
  // Appends one line (and a hexdump), or nothing for events that are not worth one.
  // `found` is what a SecretFinder found in it, for whoever needs that more than once.
  void append(std::string& out, const flow::Event& event);
  void append(std::string& out, const flow::Event& event, const SecretsSeen& found);
  // The line of something that was found.
  void append(std::string& out, const report::Finding& finding, const FindingCase& one);

 private:
  void begin_line(std::string& out, std::uint64_t packet, std::int64_t time_ns, std::uint64_t flow);
  void hexdump(std::string& out, const flow::Event& event, const SecretsSeen& hidden) const;

  term::Style style_;
  PrintOptions options_;
  SecretFinder finder_;
  Stamp stamp_;
  std::string day_;     // the last line's
  core::Bytes sealed_;  // the last TLS record with data, to be shown beside what it held
};

// The tables at the end: what was learned, flow by flow, and what the capture missed.
std::string render_summary(const Exposure& seen, const Summary& summary, const term::Style& style,
                           const PrintOptions& options);
// The same as one JSON object.
// In pieces, as JSON_LINES.md says.
void render_summary_json(const Exposure& seen, const Summary& summary, Secrets secrets,
                         const std::function<void(std::string_view)>& write);

// And as a page of its own, light and dark, without scripts; `at` is when it was made.
std::string render_page(const Exposure& seen, const Summary& summary, core::Instant at,
                        Secrets secrets);

// "12 packets received, 0 dropped by the kernel, 0 by the interface".
std::string counters_line(const Summary& summary);

}  // namespace wxsec::sniff
