// Any bytes, whole and in drips: the framer must come to the same requests and the same refusal,
// and never hold more than its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/http/request_framer.h"

namespace {

using namespace wxsec::http;

struct Outcome {
  std::string log;
  int status = 0;
};

Outcome run(std::string_view bytes, std::size_t piece) {
  Limits limits;
  limits.max_head_bytes = 512;
  limits.max_headers = 8;
  limits.max_target_bytes = 64;
  limits.max_body_bytes = 128;
  RequestFramer framer(limits);
  Outcome outcome;
  while (!bytes.empty() && outcome.status == 0) {
    framer.push(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      const auto step = framer.next();
      if (step == RequestFramer::Step::need_more) {
        if (framer.buffered() > limits.max_head_bytes + 4 + piece) std::abort();
        break;
      }
      if (step == RequestFramer::Step::refused) {
        outcome.status = framer.refusal().status;
        break;
      }
      if (step == RequestFramer::Step::send_continue) continue;
      const Request request = framer.take();
      if (request.body.size() > limits.max_body_bytes) std::abort();
      if (request.path.empty() || request.headers.size() > limits.max_headers) std::abort();
      outcome.log +=
          std::string(method_name(request.method)) + request.target + "|" + request.body + "\n";
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = run(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    const Outcome dripped = run(bytes, piece);
    if (dripped.log != whole.log || dripped.status != whole.status) std::abort();
  }
  return 0;
}
