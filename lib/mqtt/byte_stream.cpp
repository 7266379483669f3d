#include "lib/mqtt/byte_stream.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/net/dial.h"

namespace wxsec::mqtt {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Result;

class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(core::Fd socket) : socket_(std::move(socket)) {}

  Result<std::size_t> read(std::span<std::uint8_t> into, const Deadline& deadline) override {
    for (;;) {
      WXSEC_TRY(net::wait_ready(socket_.get(), net::Direction::read, deadline));
      const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR && errno != EAGAIN) return broken("read");
    }
  }

  Result<void> write(core::ByteView bytes, const Deadline& deadline) override {
    while (!bytes.empty()) {
      WXSEC_TRY(net::wait_ready(socket_.get(), net::Direction::write, deadline));
      const ssize_t n =
          ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0 && errno != EINTR && errno != EAGAIN) return broken("write");
      if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

 private:
  static core::Failure broken(const char* verb) {
    return fail(Code::io, fmt::format("cannot {} the connection: {}", verb, std::strerror(errno)));
  }
  core::Fd socket_;
};

class TlsStream final : public ByteStream {
 public:
  explicit TlsStream(tls::Stream stream) : stream_(std::move(stream)) {}

  Result<std::size_t> read(std::span<std::uint8_t> into, const Deadline& deadline) override {
    return stream_.read(into, deadline);
  }
  Result<void> write(core::ByteView bytes, const Deadline& deadline) override {
    return stream_.write(bytes, deadline);
  }
  const tls::Failure* failure() const override { return &stream_.failure(); }
  const tls::Peer* peer() const override { return &stream_.peer(); }

 private:
  tls::Stream stream_;
};

class ClosedStream final : public ByteStream {
 public:
  Result<std::size_t> read(std::span<std::uint8_t>, const Deadline&) override {
    return std::size_t{0};
  }
  Result<void> write(core::ByteView, const Deadline&) override {
    return fail(Code::refused, "the connection is closed");
  }
};

}  // namespace

std::unique_ptr<ByteStream> socket_stream(core::Fd socket) {
  return std::make_unique<SocketStream>(std::move(socket));
}

std::unique_ptr<ByteStream> tls_stream(tls::Stream stream) {
  return std::make_unique<TlsStream>(std::move(stream));
}

std::unique_ptr<ByteStream> closed_stream() { return std::make_unique<ClosedStream>(); }

}  // namespace wxsec::mqtt
