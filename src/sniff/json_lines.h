// Events as JSON lines. The schema is src/sniff/JSON_LINES.md.
#pragma once

#include <string>

#include "lib/flow/event.h"
#include "lib/json/line_writer.h"
#include "src/sniff/exposure.h"
#include "src/sniff/secret_finder.h"
#include "src/sniff/stamp.h"

namespace wxsec::sniff {

class JsonLines {
 public:
  explicit JsonLines(Secrets secrets) : secrets_(secrets) {}
  // Appends one line, or nothing for events that have none.
  // `found` is what a SecretFinder found in it, for whoever needs that more than once.
  void append(json::Buffer& out, const flow::Event& event);
  void append(json::Buffer& out, const flow::Event& event, const SecretsSeen& found);
  // What was found in a flow of this protocol.
  void append(json::Buffer& out, const report::Finding& finding, const FindingCase& one,
              std::string_view protocol);

 private:
  void remember_endpoints(const flow::FlowFacts& facts);

  Secrets secrets_;
  SecretFinder finder_;
  Stamp stamp_;
  std::uint64_t cached_flow_ = 0;
  std::string client_;
  std::string server_;
};

}  // namespace wxsec::sniff
