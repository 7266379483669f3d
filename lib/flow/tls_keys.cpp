// In TLS 1.3 each direction changes keys when its Finished message has been read, and again at
// every KeyUpdate; to know when, the decrypted handshake must be followed. In 1.2 ChangeCipherSpec
// says it in clear.
#include "lib/flow/tls_keys.h"

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr std::uint16_t kTls13 = 0x0304;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kFinished = 20;
constexpr std::uint8_t kKeyUpdate = 24;
constexpr std::size_t kMaxHandshake = 256 * 1024;

}  // namespace

void TlsKeys::client_hello(const proto::TlsClientHello& hello) {
  client_random_ = core::to_bytes(hello.random);
}

void TlsKeys::server_hello(const proto::TlsServerHello& hello, const decrypt::KeyLog& log) {
  server_random_ = core::to_bytes(hello.random);
  version_ = hello.version;
  suite_ = hello.suite;
  encrypt_then_mac_ = hello.encrypt_then_mac;
  if (version_ != kTls13 || hello.retry) return;
  load_13(Direction::to_server, true, log);
  load_13(Direction::to_client, true, log);
}

void TlsKeys::load_13(Direction direction, bool handshake, const decrypt::KeyLog& log) {
  const bool client = direction == Direction::to_server;
  const std::string_view label =
      handshake ? (client ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "SERVER_HANDSHAKE_TRAFFIC_SECRET")
                : (client ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0");
  const core::ByteView secret = log.find(label, client_random_);
  auto& cipher = ciphers_[index(direction)];
  cipher.reset();
  if (!secret.empty()) cipher = decrypt::RecordCipher::tls13(proto::tls_suite_name(suite_), secret);
}

void TlsKeys::change_cipher_spec(Direction direction, const decrypt::KeyLog& log) {
  if (version_ == kTls13 || version_ == 0) return;
  const core::ByteView master = log.find("CLIENT_RANDOM", client_random_);
  if (master.empty()) return;
  auto keys = decrypt::Tls12Keys::derive(version_, proto::tls_suite_name(suite_), master,
                                         client_random_, server_random_, encrypt_then_mac_);
  ciphers_[index(direction)] =
      direction == Direction::to_server ? std::move(keys.client) : std::move(keys.server);
}

std::optional<TlsKeys::Opened> TlsKeys::open(Direction direction, const proto::TlsRecord& record,
                                             core::ByteView body, const decrypt::KeyLog& log) {
  auto& cipher = ciphers_[index(direction)];
  // The secret may have been logged a moment after the ServerHello passed by.
  if (!cipher && version_ == kTls13) load_13(direction, !finished_[index(direction)], log);
  if (!cipher) return std::nullopt;
  Opened out;
  auto plaintext =
      cipher->open(static_cast<std::uint8_t>(record.type), record.version, body, out.type);
  if (!plaintext) return std::nullopt;
  out.plaintext = std::move(*plaintext);
  if (out.type == kHandshake && version_ == kTls13) follow_handshake(direction, out.plaintext, log);
  return out;
}

void TlsKeys::follow_handshake(Direction direction, core::ByteView plaintext,
                               const decrypt::KeyLog& log) {
  core::Bytes& held = handshake_[index(direction)];
  held.insert(held.end(), plaintext.begin(), plaintext.end());
  while (held.size() >= proto::kTlsHandshakeHeaderSize) {
    wire::Reader in(held);
    const std::uint8_t type = in.u8();
    const std::size_t size = proto::kTlsHandshakeHeaderSize + in.u24();
    if (size > kMaxHandshake) held.clear();
    if (size > held.size()) return;
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(size));
    if (type == kFinished) {
      finished_[index(direction)] = true;
      load_13(direction, false, log);
    } else if (type == kKeyUpdate && ciphers_[index(direction)]) {
      ciphers_[index(direction)]->update();
    }
  }
}

}  // namespace wxsec::flow
