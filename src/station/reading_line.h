// A reading in one line for people.
#pragma once

#include <string>

#include "src/weather/reading.h"

namespace wxsec::station {

// "  11.4 C  dew    7.9 C   79 %  1009.6 hPa  wind  3.2 gust  5.1 m/s from 214 deg  rain 0.4 mm".
std::string reading_line(const weather::Reading& reading);
// The same of a payload; one that is no reading is shown escaped.
std::string reading_line(const std::string& payload);

}  // namespace wxsec::station
