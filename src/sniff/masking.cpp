// Masks are laid by place: the range where the secret stands in that message. What an HTTP message
// shows as sent may be a copy, and its body compressed, so there the places are found anew.
#include "src/sniff/masking.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "src/sniff/find_linear.h"
#include "src/sniff/header_secrets.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kLong = 6;           // of a secret that is told from words by its letters
constexpr std::size_t kMostRepeated = 64;  // secrets of one message that are looked for everywhere

struct Range {
  std::size_t at = 0;
  std::size_t size = 0;
};

// Where `part` stands in `text`, if it points into it.
Range place_in(std::string_view text, std::string_view part) {
  const std::less<const char*> before;
  const char* const begin = std::max(text.data(), part.data(), before);
  const char* const end = std::min(text.data() + text.size(), part.data() + part.size(), before);
  if (!before(begin, end)) return {};
  return {static_cast<std::size_t>(begin - text.data()), static_cast<std::size_t>(end - begin)};
}

void cover(std::string& out, Range range) { out.replace(range.at, range.size, range.size, '*'); }

void cover_repeated(std::string& out, std::string_view secret) {
  for (std::size_t at = find_linear(out, secret, 0); at != std::string::npos;
       at = find_linear(out, secret, at + secret.size()))
    cover(out, {at, secret.size()});
}

const char* end_of(std::string_view part) { return part.data() + part.size(); }

// The parts of a message in order, those that overlap as one.
std::vector<std::string_view> places_of(const SecretsSeen& secrets) {
  const std::less<const char*> before;
  std::vector<std::string_view> all;
  for (const SecretSeen& secret : secrets) {
    if (!secret.raw.empty()) all.push_back(secret.raw);
  }
  std::sort(all.begin(), all.end(),
            [&](std::string_view a, std::string_view b) { return before(a.data(), b.data()); });
  std::size_t kept = 0;
  for (const std::string_view one : all) {
    if (kept == 0 || !before(one.data(), end_of(all[kept - 1]))) {
      all[kept++] = one;
    } else if (std::string_view& last = all[kept - 1]; before(end_of(last), end_of(one))) {
      last = {last.data(), static_cast<std::size_t>(end_of(one) - last.data())};
    }
  }
  all.resize(kept);
  return all;
}

// The password of a Basic pair stands elsewhere in other letters.
std::vector<std::string_view> repeated_of(const SecretsSeen& secrets) {
  std::vector<std::string_view> out;
  std::size_t looked_for = 0;
  for (const SecretSeen& secret : secrets) {
    if (secret.raw.size() < kLong && secret.value.size() < kLong) continue;
    if (++looked_for > kMostRepeated) break;
    if (secret.raw.size() >= kLong) out.push_back(secret.raw);
    if (secret.value.size() >= kLong && secret.value != secret.raw) out.push_back(secret.value);
  }
  return out;
}

bool lies_in(std::string_view text, std::string_view part) {
  return place_in(text, part).size == part.size();
}

bool head_lies_in(std::string_view text, const proto::HttpHead& head) {
  return lies_in(text, head.method) && (head.fields.empty() || lies_in(text, head.fields[0].name));
}

// The secrets of a head, which may be cut, in `raw` itself.
void scan_head(std::string_view raw, SecretsSeen& out) {
  proto::HttpHead head;
  if (proto::decode_http_head(core::as_bytes(raw), head) == proto::FrameState::done) {
    scan_target(head.target, out);
    for (const proto::HttpField& field : head.fields) scan_http_field(field, out);
    return;
  }
  const std::size_t line_end = std::min(raw.find('\n'), raw.size());
  scan_request_line(raw.substr(0, line_end), out);
  scan_field_lines(raw.substr(line_end), out);
}

// The body's secrets, moved to where the same bytes stand in `raw`; the whole body if it stands
// there in another form.
void move_body(std::string_view raw, std::string_view body, const SecretsSeen& secrets,
               SecretsSeen& out) {
  const bool same = body.starts_with(raw) || raw.starts_with(body);
  for (const SecretSeen& one : secrets) {
    const Range place = place_in(body, one.raw);
    if (place.size == 0) continue;
    if (!same) return add_hidden(out, raw);
    if (place.at < raw.size()) add_hidden(out, raw.substr(place.at, place.size));
  }
}

}  // namespace

std::string mask(std::string_view secret) {
  const std::string count =
      fmt::format(" ({} character{})", secret.size(), secret.size() == 1 ? "" : "s");
  if (secret.size() < 5) return std::string(5, '*') + count;
  const auto plain = [](char c) { return c >= 0x21 && c < 0x7F ? c : '*'; };
  return fmt::format("{}*****{}{}", plain(secret.front()), plain(secret.back()), count);
}

Masks::Masks(const SecretsSeen& secrets)
    : places_(places_of(secrets)), repeated_(repeated_of(secrets)) {}

std::string Masks::copy(std::string_view text) const {
  const std::less<const char*> before;
  std::string out(text);
  auto one = std::partition_point(places_.begin(), places_.end(), [&](std::string_view place) {
    return !before(text.data(), end_of(place));
  });
  for (; one != places_.end() && before(one->data(), end_of(text)); ++one)
    cover(out, place_in(text, *one));
  for (const std::string_view secret : repeated_) cover_repeated(out, secret);
  return out;
}

std::string Masks::name(const SecretSeen& secret) const {
  if (secret.name == secret.value) return std::string(secret.name.size(), '*');
  return copy(secret.name);
}

std::string masked_copy(std::string_view text, const SecretsSeen& secrets) {
  return Masks(secrets).copy(text);
}

std::string masked_raw(const flow::Event& event, core::ByteView raw, const SecretsSeen& secrets) {
  const std::string_view text = core::as_text(raw);
  const auto* const http = std::get_if<flow::HttpMessage>(&event.what);
  if (http == nullptr || secrets.empty()) return masked_copy(text, secrets);
  SecretsSeen all = secrets;
  const std::size_t head = std::min(http->head->size, text.size());
  if (!head_lies_in(text, *http->head)) scan_head(text.substr(0, head), all);
  const std::string_view body = core::as_text(http->body);
  if (!body.empty() && !lies_in(text, body)) move_body(text.substr(head), body, secrets, all);
  return masked_copy(text, all);
}

std::string masked_outline(core::ByteView bytes) {
  std::string out(core::as_text(bytes));
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7F) c = '*';
  }
  return out;
}

std::string masked_target(std::string_view target) {
  SecretsSeen found;
  scan_target(target, found);
  return masked_copy(target, found);
}

}  // namespace wxsec::sniff
