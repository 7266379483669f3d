// A conversation as its packets, of which some may be missing from the capture.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/flow_run.h"

namespace wxsec::test {

class TalkBuilder {
 public:
  TalkBuilder() {
    segments_.push_back({.from_client = true, .sequence = 0, .flags = "S"});
    segments_.push_back({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  }
  // The capture begins after what was said so far.
  TalkBuilder& capture_begins() {
    segments_.clear();
    return *this;
  }
  TalkBuilder& client(std::string text) { return add(true, std::move(text), true); }
  TalkBuilder& server(std::string text) { return add(false, std::move(text), true); }
  // Sent and received, and not captured.
  TalkBuilder& lost_client(std::string text) { return add(true, std::move(text), false); }
  TalkBuilder& lost_server(std::string text) { return add(false, std::move(text), false); }

  // Every packet `step_ns` after the one before: more than 100 ms, and a gap is certain at once.
  void run(const flow::EventSink& sink, std::int64_t step_ns = 200'000'000) const {
    RunOptions options;
    options.step_ns = step_ns;
    run_segments(segments_, sink, options);
  }

 private:
  TalkBuilder& add(bool from_client, std::string text, bool captured) {
    constexpr std::size_t kMost = 40'000;  // of a packet
    for (std::size_t at = 0; at < text.size(); at += kMost) {
      std::string part = text.substr(at, kMost);
      const auto size = static_cast<std::uint32_t>(part.size());
      if (captured)
        segments_.push_back({.from_client = from_client,
                             .sequence = next_[from_client ? 0 : 1],
                             .payload = std::move(part),
                             .acknowledgement = next_[from_client ? 1 : 0]});
      next_[from_client ? 0 : 1] += size;
    }
    return *this;
  }

  std::vector<Segment> segments_;
  std::uint32_t next_[2] = {1, 1};
};

}  // namespace wxsec::test
