// The web page of the API: one document, one style sheet, one script, all from this origin, so the
// strictest Content-Security-Policy fits. It works without script; the script keeps it up to date.
#pragma once

#include <string>
#include <string_view>

#include "lib/http/message.h"

namespace wxsec::api {

struct World;

// The document; says over which protocol and cipher it came to the reader.
std::string page_html(const http::Sender& sender, World& world);
// The part of it that changes: what stands in <main>.
std::string page_main_html(const http::Sender& sender, World& world);

std::string_view page_style();
std::string_view page_script();
std::string_view page_icon();

}  // namespace wxsec::api
