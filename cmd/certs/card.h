// A certificate as a card for people and as an object for machines: the same everywhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/term/style.h"
#include "src/look/inspect.h"

namespace wxsec::cmd {

std::string certificate_card(const pki::Certificate& certificate, core::Instant now,
                             const term::Style& style);
// "DNS:a, IP:b", safe to print; a list of thousands is cut, and says so.
std::string names_line(const std::vector<pki::AlternativeName>& names);
nlohmann::ordered_json certificate_json(const pki::Certificate& certificate, core::Instant now);

}  // namespace wxsec::cmd
