// The words for what a flow is and how it ended.
#include "lib/flow/event.h"

namespace wxsec::flow {

std::string_view protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::unknown: return "unknown";
    case Protocol::mqtt: return "mqtt";
    case Protocol::http: return "http";
    case Protocol::tls: return "tls";
    case Protocol::websocket: return "websocket";
  }
  return "unknown";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::unknown: return "unknown";
    case Verdict::plaintext: return "plaintext";
    case Verdict::encrypted: return "encrypted";
    case Verdict::mixed: return "mixed";
    case Verdict::compressed: return "compressed";
  }
  return "unknown";
}

std::string_view ending_name(Ending ending) {
  switch (ending) {
    case Ending::open: return "open";
    case Ending::fin: return "fin";
    case Ending::reset: return "reset";
    case Ending::expired: return "expired";
    case Ending::evicted: return "evicted";
  }
  return "open";
}

}  // namespace wxsec::flow
