// The three answers of a stream decoder.
#pragma once

#include <cstdint>

namespace wxsec::proto {

enum class FrameState : std::uint8_t { done, need_more, bad };

}  // namespace wxsec::proto
