// Secrets of messages in the order in which they come: an answer is shown with the target of its
// request, and what was secret in that is secret here, too.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "src/sniff/secrets.h"

namespace wxsec::sniff {

class SecretFinder {
 public:
  // find_secrets(), and for an answer what of its request's target is secret by what else stood in
  // that request (a password in a form, say).
  SecretsSeen find(const flow::Event& event);

 private:
  struct Asked {
    std::uint64_t flow = 0;
    std::string target;  // or the hash of a long one
    std::string secret;
  };

  void remember(const flow::Event& event, const flow::HttpMessage& request,
                const SecretsSeen& found);
  void recall(const flow::Event& event, const flow::HttpMessage& answer, SecretsSeen& found) const;

  std::deque<Asked> asked_;  // the last few, hardly ever any
};

}  // namespace wxsec::sniff
