// The header that a load balancer puts before a client's first byte to tell for whom it speaks:
// HAProxy's PROXY protocol, versions 1 (a line of text) and 2 (binary).
// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
#pragma once

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"

namespace wxsec::proto {

struct ProxyHeader {
  FrameState state = FrameState::bad;
  std::size_t size = 0;  // once `done`
};

// At the very front of a stream; `bad`: there is none.
ProxyHeader peek_proxy_header(core::ByteView stream);

}  // namespace wxsec::proto
