// The findings of a capture: each once per server, with the first few cases as evidence.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/flow/event.h"
#include "src/report/finding.h"
#include "src/sniff/exposure.h"

namespace wxsec::sniff {

Place place_of(const flow::Event& event);

// At most `most` bytes, copied.
core::Bytes beginning(core::ByteView bytes, std::size_t most);

// Told of every case that is kept, when it is found.
using FindingSink = std::function<void(const report::Finding&, const FindingCase&)>;

class FindingList {
 public:
  void tell(FindingSink sink) { sink_ = std::move(sink); }
  // Whether another case of it would be kept: ask before text is made for it.
  bool wants(std::string_view id, const flow::Event& event);
  // `bytes` is what the excerpt is taken from.
  void add(std::string_view id, const flow::Event& event, const std::string& evidence,
           core::ByteView bytes);
  std::vector<report::Finding> take_findings() { return std::move(findings_); }
  std::vector<FindingCase> take_cases() { return std::move(cases_); }

 private:
  struct Refused {
    std::string_view id;
    flow::Endpoint server;
  };

  struct Known {
    std::size_t index = 0;  // in findings_
    std::size_t cases = 0;
  };

  FindingSink sink_;
  std::vector<report::Finding> findings_;
  std::vector<FindingCase> cases_;
  std::map<std::pair<std::string_view, flow::Endpoint>, Known> known_;
  std::array<Refused, 16> refused_{};
};

}  // namespace wxsec::sniff
