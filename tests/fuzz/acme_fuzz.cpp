// What an ACME server sends: the first byte chooses whether the rest is read as one of its JSON
// objects, or as a header field.
#include <cstdint>
#include <cstdlib>

#include "lib/core/bytes.h"
#include "src/acme/headers.h"
#include "src/acme/messages.h"
#include "src/acme/problem.h"

using namespace wxsec;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void objects(std::string_view text) {
  const auto order = acme::parse_order(text);
  if (order) require(!order->finalize.empty() && order->authorizations.size() <= acme::kMaxNames);
  const auto authorization = acme::parse_authorization(text);
  if (authorization)
    for (const acme::Challenge& challenge : authorization->challenges)
      require(challenge.token.empty() || acme::is_nonce(challenge.token));
  const auto info = acme::parse_renewal_info(text);
  if (info) require(info->start < info->end);
  const auto directory = acme::parse_directory(text);
  if (directory) require(!directory->new_order.empty());
}

void problem(std::string_view text) {
  const acme::Problem read = acme::parse_problem(text, 400);
  const core::Error error = acme::to_error(read, "test", std::chrono::seconds(1));
  require(error.what.find('\x1b') == std::string::npos);
  require(read.subproblems.size() <= 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = core::as_text({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0: objects(text); break;
    case 1: problem(text); break;
    case 2:
      for (const acme::Link& link : acme::parse_links(text))
        require(link.target.size() <= text.size());
      break;
    default:
      if (const auto span = acme::parse_retry_after(text, core::Instant{}))
        require(span->count() >= 0 && *span <= std::chrono::hours(240));
  }
  return 0;
}
