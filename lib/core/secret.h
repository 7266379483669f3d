// Key material and passwords: moved, never copied by accident, never formatted, zeroed at the end.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lib/core/bytes.h"

namespace wxsec::core {

// Overwrites memory in a way that the optimiser may not drop (explicit_bzero).
void wipe(void* data, std::size_t size);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { clear(); }

  Secret clone() const { return Secret(value_); }
  bool empty() const { return value_.empty(); }

  // The bare value; named so that a reader of the calling line sees what is being done.
  std::string_view reveal() const { return value_; }
  ByteView reveal_bytes() const { return as_bytes(value_); }

 private:
  void clear();
  std::string value_;
};

}  // namespace wxsec::core
