#include "src/sniff/secret_finder.h"

#include "lib/decrypt/digest.h"
#include "src/sniff/find_linear.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMostAsked = 64;
constexpr std::size_t kLongest = 4096;  // bytes of a target that is remembered as it is

std::string key_of(std::string_view target) {
  return target.size() > kLongest ? decrypt::sha256_hex(target) : std::string(target);
}

}  // namespace

SecretsSeen SecretFinder::find(const flow::Event& event) {
  SecretsSeen found = find_secrets(event);
  const auto* const http = std::get_if<flow::HttpMessage>(&event.what);
  if (http == nullptr) return found;
  if (http->head->request && !found.empty()) remember(event, *http, found);
  if (!http->head->request && !asked_.empty()) recall(event, *http, found);
  return found;
}

void SecretFinder::remember(const flow::Event& event, const flow::HttpMessage& request,
                            const SecretsSeen& found) {
  const std::string_view target = request.head->target;
  if (masked_copy(target, found) == masked_target(target)) return;
  const std::string key = key_of(target);
  std::size_t looked_for = 0;
  for (const SecretSeen& one : found) {
    if (target.size() > kLongest && ++looked_for > kMostAsked) return;
    for (const std::string_view text : {std::string_view(one.value), one.raw}) {
      if (text.empty() || find_linear(target, text) == std::string_view::npos) continue;
      if (text.data() == one.raw.data() && one.raw == one.value) continue;
      asked_.push_back({event.flow->id, key, std::string(text)});
      if (asked_.size() > kMostAsked) asked_.pop_front();
    }
  }
}

void SecretFinder::recall(const flow::Event& event, const flow::HttpMessage& answer,
                          SecretsSeen& found) const {
  const std::string key = key_of(answer.request_target);
  for (const Asked& one : asked_) {
    if (one.flow == event.flow->id && one.target == key)
      found.push_back({"", "", one.secret, {}, false});
  }
}

}  // namespace wxsec::sniff
