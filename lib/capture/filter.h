// A BPF filter for packets that did not come from the kernel: files, and the tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/capture/packet.h"
#include "lib/core/result.h"

namespace wxsec::capture {

class Filter {
 public:
  // Fails with usage where the text is not a filter for this link type.
  static core::Result<Filter> compile(const std::string& text, int link_type);
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  // A filter depends on the link type, and a pcapng file may mix them: compiled again as needed.
  // A type for which the filter makes no sense matches nothing, and its packets are counted.
  bool matches(const Packet& packet);
  std::uint64_t not_filtered() const { return not_filtered_; }

 private:
  struct Program;
  explicit Filter(std::string text);
  core::Result<Program*> program_for(int link_type);

  std::string text_;
  std::uint64_t not_filtered_ = 0;
  std::vector<std::unique_ptr<Program>> programs_;
};

}  // namespace wxsec::capture
