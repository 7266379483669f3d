// JSON objects, one per line (https://jsonlines.org), appended to a buffer that is used again: once
// the buffer has grown, no allocation per field or line. For the sniffer's hot path; all other JSON
// is nlohmann's.
//
//     json::LineWriter line(buffer);
//     line.text("type", "publish").number("qos", 1).end();     // {"type":"publish","qos":1}\n
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::json {

// Text that grows at its end. std::string asks a function in another library for every few
// characters; here the common case is inlined, which makes a line three times as fast.
class Buffer {
 public:
  std::string_view text() const { return {begin_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Keeps the memory.
  void clear() { size_ = 0; }
  char back() const { return size_ == 0 ? '\0' : begin_[size_ - 1]; }

  // Room for `size` characters behind the end; commit() says how many have been written.
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return begin_.get() + size_;
  }
  void commit(std::size_t size) { size_ += size; }

  Buffer& operator+=(char c) {
    *room(1) = c;
    ++size_;
    return *this;
  }
  Buffer& operator+=(std::string_view text) {
    std::copy_n(text.data(), text.size(), room(text.size()));
    size_ += text.size();
    return *this;
  }

 private:
  void grow(std::size_t size);

  std::unique_ptr<char[]> begin_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Appends `text` with what RFC 8259 section 7 demands escaped, and also C1 controls, bidirectional
// marks and line separators, so that a line is harmless on a terminal. Bytes that are not UTF-8
// become U+FFFD. False if there were such bytes.
bool append_escaped(Buffer& out, std::string_view text);
// RFC 4648 base64 with padding.
void append_base64(Buffer& out, core::ByteView bytes);
void append_number(Buffer& out, std::uint64_t value);

// Keys are ours and not escaped. Every object and array that is opened must be closed.
class LineWriter {
 public:
  explicit LineWriter(Buffer& out) : out_(out) { out_ += '{'; }

  LineWriter& text(std::string_view key, std::string_view value) {
    bytes(key, value);
    return *this;
  }
  // As text(); false if the value was not UTF-8, and cannot be restored from what was written.
  bool bytes(std::string_view key, std::string_view value) {
    name(key, "\":\"");
    const bool faithful = append_escaped(out_, value);
    out_ += '"';
    return faithful;
  }
  LineWriter& number(std::string_view key, std::uint64_t value) {
    name(key, "\":");
    append_number(out_, value);
    return *this;
  }
  LineWriter& boolean(std::string_view key, bool value) {
    if (value) {
      name(key, "\":true");
    } else {
      name(key, "\":false");
    }
    return *this;
  }
  LineWriter& base64(std::string_view key, core::ByteView value) {
    name(key, "\":\"");
    append_base64(out_, value);
    out_ += '"';
    return *this;
  }
  // A value that needs no escaping.
  LineWriter& plain(std::string_view key, std::string_view value) {
    name(key, "\":\"");
    out_ += value;
    out_ += '"';
    return *this;
  }
  LineWriter& open_array(std::string_view key) {
    name(key, "\":[");
    return *this;
  }
  LineWriter& item(std::string_view value) {
    comma();
    out_ += '"';
    append_escaped(out_, value);
    out_ += '"';
    return *this;
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
    name(key, "\":{");
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
  bool after_value() const { return out_.back() != '{' && out_.back() != '['; }
  void comma() {
    if (after_value()) out_ += ',';
  }
  // Keys and what follows them are literals: after inlining, a few stores of known size.
  void name(std::string_view key, std::string_view then) {
    const bool second = after_value();
    char* at = out_.room(2 + key.size() + then.size());
    *at = ',';
    at += second ? 1 : 0;
    *at++ = '"';
    at = std::copy_n(key.data(), key.size(), at);
    std::copy_n(then.data(), then.size(), at);
    out_.commit((second ? 2 : 1) + key.size() + then.size());
  }

  Buffer& out_;
};

}  // namespace wxsec::json
