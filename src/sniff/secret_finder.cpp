#include "src/sniff/secret_finder.h"

#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kMostAsked = 64;
constexpr std::size_t kLongest = 4096;  // bytes of a target that is remembered

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
  if (target.size() > kLongest || masked_copy(target, found) == masked_target(target)) return;
  for (const SecretSeen& one : found) {
    for (const std::string_view text : {std::string_view(one.value), one.raw}) {
      if (text.empty() || target.find(text) == std::string_view::npos) continue;
      asked_.push_back({event.flow->id, std::string(target), std::string(text)});
      if (asked_.size() > kMostAsked) asked_.pop_front();
    }
  }
}

void SecretFinder::recall(const flow::Event& event, const flow::HttpMessage& answer,
                          SecretsSeen& found) const {
  for (const Asked& one : asked_) {
    if (one.flow == event.flow->id && one.target == answer.request_target)
      found.push_back({"", "", one.secret, {}, false});
  }
}

}  // namespace wxsec::sniff
