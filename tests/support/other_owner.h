// Files of somebody else than root, which only root can make.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

namespace wxsec::test {

constexpr uid_t kOther = 12345;

inline bool is_root() {
  if (::geteuid() == 0) return true;
  MESSAGE("skipped: only root gives files away");
  return false;
}

}  // namespace wxsec::test
