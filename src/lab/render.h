// The transcript as a page for people and as JSON for programs. Both escape what came from the
// wire.
#pragma once

#include <string>

#include "lib/term/style.h"
#include "src/lab/transcript.h"

namespace wxsec::lab {

// One self-contained HTML page: light and dark, printable, no script, nothing fetched.
std::string render_page(const Transcript& transcript);

// {"title","at","version","host","held","took_ms","steps":[...],"comparison":[...]}.
std::string render_json(const Transcript& transcript);

// A step as it is done, for the terminal: its expectations, and the evidence of those that failed.
std::string render_step(const StepRecord& step, const term::Style& style, bool with_evidence);

// The comparison as a table for the terminal, and the last line: "41 of 41 expectations held".
std::string render_comparison(const Transcript& transcript, const term::Style& style);

}  // namespace wxsec::lab
