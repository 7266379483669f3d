// The loopback interface of a network namespace, which is born down.
#pragma once

#include "lib/core/result.h"

namespace wxsec::net {

// Brings `lo` up. Fails with permission where this process may not (CAP_NET_ADMIN in the
// namespace).
core::Result<void> raise_loopback();

}  // namespace wxsec::net
