// A certificate as a card for people and as an object for machines: the same everywhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lib/core/clock.h"
#include "lib/term/style.h"
#include "src/certs/inspect.h"

namespace wxsec::cmd {

std::string certificate_card(const pki::Certificate& certificate, core::Instant now,
                             const term::Style& style);
nlohmann::ordered_json certificate_json(const pki::Certificate& certificate, core::Instant now);

}  // namespace wxsec::cmd
