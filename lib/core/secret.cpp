#include "lib/core/secret.h"

#include <cstring>

namespace wxsec::core {

void wipe(void* data, std::size_t size) {
  if (size != 0) explicit_bzero(data, size);
}

// A std::string's small buffer is copied, not moved, so the source is wiped as well.
Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.clear(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  clear();
  value_ = other.value_;
  other.clear();
  return *this;
}

void Secret::clear() {
  wipe(value_.data(), value_.size());
  value_.clear();
}

}  // namespace wxsec::core
