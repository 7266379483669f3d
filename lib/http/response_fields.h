// Header fields that every answer carries. Internal to lib/http.
#pragma once

#include <chrono>
#include <string>

#include "lib/http/message.h"
#include "lib/http/router.h"

namespace wxsec::http {

// "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 5.6.7.
std::string http_date(std::chrono::sys_seconds at);

// What keeps a browser from doing harm with our answers; HSTS only where TLS is.
const Fields& security_fields(Secure secure);

}  // namespace wxsec::http
