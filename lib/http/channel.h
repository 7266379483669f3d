// What the client talks through: TLS or a bare socket. Internal to lib/http.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"
#include "lib/tls/failure.h"
#include "lib/tls/stream.h"

namespace wxsec::http {

// read() and write() as tls::Stream has them; failure() is of the last call.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual core::Result<void> write(core::ByteView bytes, core::Deadline deadline) = 0;
  virtual core::Result<std::size_t> read(std::span<std::uint8_t> into, core::Deadline deadline) = 0;
  virtual tls::Failure failure() const = 0;
};

class TlsChannel final : public Channel {
 public:
  explicit TlsChannel(tls::Stream stream) : stream_(std::move(stream)) {}
  core::Result<void> write(core::ByteView bytes, core::Deadline deadline) override {
    return stream_.write(bytes, deadline);
  }
  core::Result<std::size_t> read(std::span<std::uint8_t> into, core::Deadline deadline) override {
    return stream_.read(into, deadline);
  }
  tls::Failure failure() const override { return stream_.failure(); }

 private:
  tls::Stream stream_;
};

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(core::Fd socket) : socket_(std::move(socket)) {}
  core::Result<void> write(core::ByteView bytes, core::Deadline deadline) override;
  core::Result<std::size_t> read(std::span<std::uint8_t> into, core::Deadline deadline) override;
  tls::Failure failure() const override { return failure_; }

 private:
  core::Failure note(tls::Cause cause, std::string detail);

  core::Fd socket_;
  tls::Failure failure_;
};

}  // namespace wxsec::http
