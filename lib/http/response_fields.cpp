#include "lib/http/response_fields.h"

#include <fmt/core.h>

#include <array>

namespace wxsec::http {

std::string http_date(std::chrono::sys_seconds at) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], unsigned(date.day()),
                     kMonths[unsigned(date.month()) - 1], int(date.year()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

const Fields& security_fields(Secure secure) {
  static const Fields plain = {
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Content-Security-Policy",
       "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
  };
  static const Fields with_hsts = [] {
    Fields fields = plain;
    // Two years; browsers ignore it over plain HTTP. RFC 6797.
    fields.emplace_back("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    return fields;
  }();
  return secure == Secure::yes ? with_hsts : plain;
}

}  // namespace wxsec::http
