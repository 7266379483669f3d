// JSON objects, one per line (https://jsonlines.org), appended to a buffer that is used again: once
// the buffer has grown, no allocation per field or line. For the sniffer's hot path; all other JSON
// is nlohmann's.
//
//     json::LineWriter line(buffer);
//     line.text("type", "publish").number("qos", 1).end();     // {"type":"publish","qos":1}\n
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::json {

// Appends `text` with what RFC 8259 section 7 demands escaped, and also C1 controls, bidirectional
// marks and line separators, so that a line is harmless on a terminal. Bytes that are not UTF-8
// become U+FFFD.
void append_escaped(std::string& out, std::string_view text);
// RFC 4648 base64 with padding.
void append_base64(std::string& out, core::ByteView bytes);
void append_number(std::string& out, std::uint64_t value);

// Keys are ours and not escaped. Every object and array that is opened must be closed.
class LineWriter {
 public:
  explicit LineWriter(std::string& out) : out_(out) { out_ += '{'; }

  LineWriter& text(std::string_view key, std::string_view value) {
    name(key);
    return quoted(value);
  }
  LineWriter& number(std::string_view key, std::uint64_t value) {
    name(key);
    append_number(out_, value);
    return *this;
  }
  LineWriter& boolean(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
    return *this;
  }
  LineWriter& base64(std::string_view key, core::ByteView value) {
    name(key);
    out_ += '"';
    append_base64(out_, value);
    out_ += '"';
    return *this;
  }
  // For values that need no escaping: the caller appends between the quotes.
  template <class Append>
  LineWriter& raw_text(std::string_view key, const Append& append) {
    name(key);
    out_ += '"';
    append(out_);
    out_ += '"';
    return *this;
  }
  LineWriter& open_array(std::string_view key) {
    name(key);
    out_ += '[';
    return *this;
  }
  LineWriter& item(std::string_view value) {
    comma();
    return quoted(value);
  }
  LineWriter& item(std::uint64_t value) {
    comma();
    append_number(out_, value);
    return *this;
  }
  LineWriter& close_array() {
    out_ += ']';
    return *this;
  }
  LineWriter& open_object(std::string_view key) {
    name(key);
    out_ += '{';
    return *this;
  }
  LineWriter& open_item_object() {
    comma();
    out_ += '{';
    return *this;
  }
  LineWriter& close_object() {
    out_ += '}';
    return *this;
  }
  void end() { out_ += "}\n"; }

 private:
  void comma() {
    if (out_.back() != '{' && out_.back() != '[') out_ += ',';
  }
  void name(std::string_view key) {
    comma();
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  LineWriter& quoted(std::string_view value) {
    out_ += '"';
    append_escaped(out_, value);
    out_ += '"';
    return *this;
  }

  std::string& out_;
};

}  // namespace wxsec::json
