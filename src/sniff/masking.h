// Messages without their secrets: the only way in which bytes from the network may be shown, unless
// somebody asked for the secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/flow/event.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// "s*****t (8 characters)"; under five characters nothing but stars.
std::string mask(std::string_view secret);

// What has to be masked in the texts of a message, made once for all of them: a message may have
// many secrets and many texts. Points into `secrets` and into the message.
class Masks {
 public:
  explicit Masks(const SecretsSeen& secrets);

  bool empty() const { return places_.empty() && repeated_.empty(); }
  // `text` with as many '*' where the secrets stand. A secret that stands in `text` itself (points
  // into it, perhaps beyond its end) is masked there; one of some length also wherever else it
  // occurs, as it was sent or decoded. A short one would be found in the middle of innocent words,
  // which says what it is.
  std::string copy(std::string_view text) const;
  // What a secret is called, without secrets: some use one word as user name and as password.
  std::string name(const SecretSeen& secret) const;

 private:
  std::vector<std::string_view> places_;    // in order, apart from each other
  std::vector<std::string_view> repeated_;  // to be looked for everywhere
};

// Masks(secrets).copy(text), for one text.
std::string masked_copy(std::string_view text, const SecretsSeen& secrets);

// The bytes of an event as sent (`raw` of an MQTT or HTTP message, and so on), masked: `secrets` is
// what find_secrets() found in it. They may be a copy of what the message was decoded from.
std::string masked_raw(const flow::Event& event, core::ByteView raw, const SecretsSeen& secrets);

// Bytes of which nobody knows what they are: what is readable becomes '*', blanks and control
// characters (lengths, line ends) stay.
std::string masked_outline(core::ByteView bytes);

// A request target or URL without its secrets.
std::string masked_target(std::string_view target);

}  // namespace wxsec::sniff
