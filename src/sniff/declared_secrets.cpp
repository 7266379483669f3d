#include "src/sniff/declared_secrets.h"

#include <algorithm>

#include "src/sniff/json_secrets.h"
#include "src/sniff/multipart_secrets.h"
#include "src/sniff/text_secrets.h"
#include "src/sniff/xml_secrets.h"

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_part) {
  return text.size() >= lower_case_part.size() &&
         std::search(text.begin(), text.end(), lower_case_part.begin(), lower_case_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

void scan_declared(std::string_view type, std::string_view body, SecretsSeen& out) {
  const auto is = [&](std::string_view part) { return contains_ignoring_case(type, part); };
  if (is("multipart/form-data")) {
    scan_multipart(body, out);
  } else if (!scan_structured(type, body, out) &&
             (type.empty() || is("text/plain") || is("octet-stream"))) {
    scan_undeclared(body, out);
  }
}

bool scan_structured(std::string_view type, std::string_view body, SecretsSeen& out) {
  const auto is = [&](std::string_view part) { return contains_ignoring_case(type, part); };
  if (is("json")) {
    scan_json(body, out);
  } else if (is("x-www-form-urlencoded")) {
    scan_form(body, "form field", out);
  } else if (is("xml") && !is("xhtml")) {
    scan_xml(body, out);
  } else {
    return false;
  }
  return true;
}

}  // namespace wxsec::sniff
