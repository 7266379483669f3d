// A sniffing run with its output: what `wxsec sniff` does.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "src/report/verdict.h"
#include "src/sniff/print.h"
#include "src/sniff/session.h"

namespace wxsec::sniff {

enum class Format {
  lines,         // a line per message, for people
  json_lines,    // a JSON object per message and flow
  summary,       // tables at the end
  summary_json,  // one JSON object at the end
};

struct PresentOptions {
  SessionOptions session;
  Format format = Format::lines;
  PrintOptions print;
  term::Style style{false};
  core::Path html;  // also write what was learned as a page; empty: no
  std::optional<report::FailOn> fail_on;
  std::uint64_t follow = 0;  // only the flow of this number, its messages in full; 0: all flows
};

struct Presented {
  Summary summary;
  bool failed = false;  // a finding at or above fail_on
};

// `write` gets finished output, in pieces of whole lines; `note` gets progress for stderr. Fails as
// sniff::run does, and where the page cannot be written.
core::Result<Presented> present(const PresentOptions& options, const core::Clock& clock,
                                const std::function<void(std::string_view)>& write,
                                const std::function<void(std::string_view)>& note,
                                const std::stop_token& stop);

}  // namespace wxsec::sniff
