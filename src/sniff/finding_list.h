// The findings of a capture: each once per server, with the first few cases as evidence.
#pragma once

#include <array>
#include <cstddef>
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

class FindingList {
 public:
  // Whether another case of it would be kept: ask before text is made for it.
  bool wants(std::string_view id, const flow::Event& event);
  // `bytes` is the excerpt that is shown with the first case.
  void add(std::string_view id, const flow::Event& event, const std::string& evidence,
           core::ByteView bytes);
  std::vector<report::Finding> take() { return std::move(findings_); }

 private:
  struct Refused {
    std::string_view id;
    flow::Endpoint server;
  };

  std::vector<report::Finding> findings_;
  // How often each was made of each server.
  std::map<std::pair<std::string_view, flow::Endpoint>, std::size_t> known_;
  std::array<Refused, 16> refused_{};
};

}  // namespace wxsec::sniff
