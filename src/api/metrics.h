// The counters of a running server in Prometheus' text format, 0.0.4.
#pragma once

#include <string>

#include "lib/core/result.h"
#include "src/api/live.h"
#include "src/store/reading_store.h"

namespace wxsec::api {

// A store that does not answer is wxsec_store_up 0, not an absent page.
std::string metrics_text(const Live& live, const core::Result<store::Health>& health);

}  // namespace wxsec::api
