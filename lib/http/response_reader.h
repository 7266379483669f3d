// Reads one response from a channel. Internal to lib/http.
#pragma once

#include <cstddef>
#include <string>

#include "lib/http/channel.h"
#include "lib/http/client.h"
#include "lib/proto/http_message.h"

namespace wxsec::http {

class ResponseReader {
 public:
  ResponseReader(Channel& channel, core::Deadline deadline)
      : channel_(channel), deadline_(deadline) {}

  core::Result<ClientResponse> read(const ClientRequest& request);

 private:
  // False at the end of the stream.
  core::Result<bool> more();
  core::Result<void> read_head(ClientResponse& response, proto::HttpBodyFraming& framing,
                               const ClientRequest& request);
  core::Result<void> read_body(const proto::HttpBodyFraming& framing, std::size_t limit,
                               std::string& body);
  core::Result<void> read_chunks(std::size_t limit, std::string& body);
  core::ByteView rest() const { return core::ByteView(buffer_).subspan(at_); }

  Channel& channel_;
  core::Deadline deadline_;
  core::Bytes buffer_;
  std::size_t at_ = 0;
};

}  // namespace wxsec::http
