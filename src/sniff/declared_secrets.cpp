#include "src/sniff/declared_secrets.h"

#include <algorithm>

#include "src/sniff/header_secrets.h"
#include "src/sniff/json_secrets.h"
#include "src/sniff/multipart_secrets.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/text_secrets.h"
#include "src/sniff/xml_secrets.h"

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Settings in lines: "password: x", "password = x".
void scan_lines(std::string_view text, SecretsSeen& out) {
  const std::size_t first = out.size();
  scan_undeclared(text, out);
  if (may_hold_secret_name(text)) scan_field_lines(text, out);
  drop_repeated(out, first);
}

bool scan_as_json(std::string_view text, SecretsSeen& out) {
  const std::size_t before = out.size();
  if (looks_like_json(text)) scan_json(text, out);
  return out.size() > before;
}

}  // namespace

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_part) {
  return text.size() >= lower_case_part.size() &&
         std::search(text.begin(), text.end(), lower_case_part.begin(), lower_case_part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

void scan_declared(std::string_view type, std::string_view body, SecretsSeen& out) {
  const auto is = [&](std::string_view part) { return contains_ignoring_case(type, part); };
  if (is("multipart/")) return scan_multipart(body, out);
  // JSON is looked for among the lines, too.
  if (begins_section(body) && holds_lines(type)) return scan_lines(body, out);
  if (scan_structured(type, body, out)) return;
  if (holds_lines(type)) scan_lines(body, out);
}

bool holds_lines(std::string_view type) {
  const auto is = [&](std::string_view part) { return contains_ignoring_case(type, part); };
  return type.empty() || is("text/plain") || is("octet-stream") || is("yaml") || is("toml") ||
         is("*/*");
}

bool scan_structured(std::string_view type, std::string_view body, SecretsSeen& out) {
  const auto is = [&](std::string_view part) { return contains_ignoring_case(type, part); };
  if (is("json") || is("event-stream")) {  // "data: {...}": names are looked for, not documents
    scan_json(body, out);
  } else if (scan_as_json(body, out)) {
    // `curl -d` calls it a form.
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
