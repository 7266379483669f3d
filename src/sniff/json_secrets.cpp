// Names are looked for, before colons: what travels may be cut or broken, and is read all the same.
#include "src/sniff/json_secrets.h"
#include "src/sniff/field_secret.h"

#include <algorithm>
#include <optional>

#include "src/sniff/nested_secrets.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/text_decoding.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

constexpr auto kNone = std::string_view::npos;

// The end of the JSON string whose first character is at `at`, or npos.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return kNone;
}

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

bool is_escaped(std::string_view text, std::size_t at) {
  constexpr std::size_t kMost = 256;  // nobody may make us count them again and again
  std::size_t backslashes = 0;
  while (backslashes < std::min(at, kMost) && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// The JSON string that ends before `end`, blanks aside, or nothing.
std::optional<std::string_view> string_before(std::string_view text, std::size_t end) {
  constexpr std::size_t kLongestName = 256;
  while (end > 0 && is_blank(text[end - 1])) --end;
  if (end < 2 || text[end - 1] != '"' || is_escaped(text, end - 1)) return std::nullopt;
  const std::size_t least = end - 1 - std::min(end - 1, kLongestName);
  for (std::size_t at = end - 1; at > least; --at) {
    if (text[at - 1] == '"' && !is_escaped(text, at - 1)) return text.substr(at, end - 1 - at);
  }
  return std::nullopt;
}

class JsonScan {
 public:
  JsonScan(std::string_view text, int depth, SecretsSeen& out)
      : text_(text), depth_(depth), out_(out) {}

  // Looked for by their colons, of which a body has fewer than it has quotes.
  void run() {
    std::size_t at = 0;
    while ((at = text_.find(':', at)) != kNone) {
      const auto name = string_before(text_, at);
      at = skip_blank(text_, at + 1);
      if (at >= text_.size()) return;
      if (name) at = value(*name, at);
    }
  }

 private:
  // Each gives the place to go on from.
  std::size_t value(std::string_view name, std::size_t at) {
    const bool string = text_[at] == '"';
    const std::string plain = name.find('\\') == kNone ? std::string() : decode_json(name);
    if (!plain.empty()) name = plain;
    if (!is_secret_name(name)) return string ? neighbour(name, at + 1) : at;
    if (text_[at] == '[') return items(name, at + 1);
    return text_[at] == '{' ? members(name, at + 1) : scalar(name, at);
  }
  // {"name": "password", "value": "x"}, in either order: each waits for the other.
  std::size_t neighbour(std::string_view name, std::size_t at) {
    const std::size_t next = innocent(at);
    const bool names = name == "name" || name == "Name" || name == "key" || name == "Key";
    if (!names && name != "value" && name != "Value") return next;
    const std::size_t end = std::min(string_end(text_, at), text_.size());
    (names ? named_ : value_) = text_.substr(at, end - at);
    if (!named_.empty() && !value_.empty()) pair();
    return next;
  }
  // Of two objects, the later string goes on waiting.
  void pair() {
    constexpr std::size_t kLongestName = 64;
    const bool named_first = named_.data() < value_.data();
    const std::string_view first = named_first ? named_ : value_;
    const std::string_view second = named_first ? value_ : named_;
    const char* const between = first.data() + first.size();
    if (std::find_if(between, second.data(), [](char c) { return c == '{' || c == '}'; }) !=
        second.data()) {
      (named_first ? named_ : value_) = {};
      return;
    }
    if (named_.size() <= kLongestName && is_secret(named_, value_)) named_value();
    named_ = value_ = {};
  }
  // One of several words is a label or a sentence, as translations have it, or a passphrase: nobody
  // can tell, so it is nothing to report and nothing to show.
  void named_value() {
    if (value_.find(' ') != kNone) return add_hidden(out_, value_);
    add_field(out_, "json field", named_, decode_json(value_), value_);
  }
  // A string that is JSON again, as logs and queues have it.
  std::size_t innocent(std::size_t at) {
    constexpr int kDeepest = 3;
    const std::size_t end = std::min(string_end(text_, at), text_.size());
    const std::string_view raw = text_.substr(at, end - at);
    if (depth_ < kDeepest && raw.find("\\\"") != kNone && may_hold_secret_name(raw)) {
      const Decoded decoded = decode_json_placed(raw);
      SecretsSeen inner;
      JsonScan(decoded.text, depth_ + 1, inner).run();
      add_placed(raw, decoded, std::move(inner), out_);
    }
    return std::min(end + 1, text_.size());
  }
  // {"password": {"value": "x"}}. Of the other members nothing is known, and one whose own name
  // says so is left to run(): nobody may make us nest as deep as he does.
  std::size_t members(std::string_view name, std::size_t at) {
    while ((at = text_.find_first_of(":{}[", at)) != kNone && text_[at] == ':') {
      const auto member = string_before(text_, at);
      if (member && is_secret_name(*member)) return at;
      at = skip_blank(text_, at + 1);
      if (at >= text_.size()) break;
      if (member && holds_value(*member)) return scalar(name, at);
      if (text_[at] == '"') at = innocent(at + 1);
    }
    return std::min(at, text_.size());
  }
  static bool holds_value(std::string_view member) {
    return member == "value" || member == "#text" || member == "$";
  }
  // {"pin": 4}: of a board, not of a person.
  static bool is_wiring(std::string_view name, std::string_view number) {
    return number.size() < 3 && (name.ends_with("pin") || name.ends_with("Pin"));
  }
  // A string that is cut ends where the text ends.
  std::size_t scalar(std::string_view name, std::size_t at) {
    if (text_[at] != '"') {
      const std::size_t end =
          std::min(text_.find_first_not_of("-+.0123456789eE", at), text_.size());
      const std::string_view number = text_.substr(at, end - at);
      if (!is_wiring(name, number) && !is_setting(name, number))
        add_field(out_, "json field", name, std::string(number), number);
      return end;
    }
    const std::size_t end = std::min(string_end(text_, at + 1), text_.size());
    const std::string_view raw = text_.substr(at + 1, end - at - 1);
    if (!is_setting(name, raw)) add_field(out_, "json field", name, decode_json(raw), raw);
    return std::min(end + 1, text_.size());
  }
  // Objects among the items have names of their own.
  std::size_t items(std::string_view name, std::size_t at) {
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == ',' || c == '[' || c == ']' || is_blank(c)) {
        ++at;
        if (c == ']') return at;
        continue;
      }
      const std::size_t end = scalar(name, at);
      if (end == at) return at;
      at = end;
    }
    return at;
  }

  std::string_view text_;
  int depth_;  // of strings within strings
  SecretsSeen& out_;
  std::string_view named_;  // what the last "name" and the last "value" said
  std::string_view value_;
};

// Without the mark of UTF-8, which some put in front, and blanks.
std::string_view from_first_sign(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.substr(skip_blank(text, text.starts_with(kMark) ? kMark.size() : 0));
}

}  // namespace

void scan_json(std::string_view text, SecretsSeen& out) {
  if (!may_hold_secret_name(text) && text.find("\\u") == kNone) return;
  JsonScan(text, 0, out).run();
}

bool looks_like_json(std::string_view text) {
  const std::string_view rest = from_first_sign(text);
  return rest.starts_with('{') || rest.starts_with('[');
}

// An array in one line that is shorter holds no names.
bool begins_section(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  const std::string_view rest = from_first_sign(text);
  const std::string_view line = trim_blanks(rest.substr(0, rest.substr(0, kLongest).find('\n')));
  return line.size() < kLongest && line.starts_with('[') && line.ends_with(']') &&
         line.find_first_of("\"{:") == kNone;
}

}  // namespace wxsec::sniff
