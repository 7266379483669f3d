#include "lib/core/secret.h"

#include <doctest/doctest.h>

#include <type_traits>

using wxsec::core::Secret;

static_assert(!std::is_copy_constructible_v<Secret>);

TEST_CASE("core/secret: a moved-from secret is empty") {
  Secret a("hunter2");
  const Secret b = std::move(a);
  CHECK(a.empty());  // NOLINT: that is the point
  CHECK(b.reveal() == "hunter2");
  CHECK(b.clone().reveal() == "hunter2");
}
