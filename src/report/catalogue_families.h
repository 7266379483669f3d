// The parts of the catalogue, for catalogue.cpp alone.
#pragma once

#include <span>

#include "src/report/catalogue.h"

namespace wxsec::report {

std::span<const Entry> cert_entries();
std::span<const Entry> http_entries();
std::span<const Entry> mqtt_entries();
std::span<const Entry> net_entries();
std::span<const Entry> tls_entries();

}  // namespace wxsec::report
