// The part of the TLS decoder that reads handshake messages: put together from their records, then
// noted among the flow's facts.
#include "lib/decrypt/digest.h"
#include "lib/flow/tls_dissector.h"
#include "lib/proto/ja4.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxHandshake = 256 * 1024;
constexpr std::uint16_t kTls13 = 0x0304;

bool null_cipher(std::uint16_t suite) {
  return proto::tls_suite_name(suite).find("_WITH_NULL_") != std::string_view::npos;
}

}  // namespace

void TlsDissector::handshake_bytes(Scene& scene, Direction direction, core::ByteView bytes) {
  core::Bytes& held = sides_[index(direction)].handshake;
  const bool joined = !held.empty();
  if (joined) {
    held.insert(held.end(), bytes.begin(), bytes.end());
    bytes = held;
  }
  while (bytes.size() >= proto::kTlsHandshakeHeaderSize) {
    wire::Reader in(bytes);
    in.skip(1);
    const std::size_t size = proto::kTlsHandshakeHeaderSize + in.u24();
    if (size > kMaxHandshake) bytes = {};
    if (size > bytes.size()) break;
    handshake_message(scene, direction, bytes.first(size));
    bytes = bytes.subspan(size);
  }
  core::Bytes rest = core::to_bytes(bytes);
  held = std::move(rest);
}

void TlsDissector::handshake_message(Scene& scene, Direction direction, core::ByteView message) {
  const core::ByteView body = message.subspan(proto::kTlsHandshakeHeaderSize);
  switch (static_cast<proto::TlsHandshakeType>(message[0])) {
    case proto::TlsHandshakeType::client_hello: return client_hello(scene, direction, message);
    case proto::TlsHandshakeType::server_hello: return server_hello(scene, direction, message);
    case proto::TlsHandshakeType::certificate: return certificates(scene, direction, body);
    case proto::TlsHandshakeType::certificate_request:
      if (!scene.decrypted) facts_.client_certificate_requested = true;
      return;
    default: return;
  }
}

void TlsDissector::client_hello(Scene& scene, Direction direction, core::ByteView message) {
  proto::TlsClientHello hello;
  if (!proto::decode_client_hello(message.subspan(proto::kTlsHandshakeHeaderSize), hello)) return;
  keys_.client_hello(hello);
  facts_.offered_version = hello.best_version();
  facts_.sni = hello.server_name;
  facts_.alpn = hello.first_alpn();
  facts_.early_data = hello.early_data;
  facts_.ja3 = decrypt::md5_hex(proto::ja3_text(hello));
  facts_.ja4 = proto::ja4(hello, decrypt::sha256_hex);
  scene.emit(direction, TlsClientHelloSeen{&hello, message});
}

void TlsDissector::server_hello(Scene& scene, Direction direction, core::ByteView message) {
  proto::TlsServerHello hello;
  if (!proto::decode_server_hello(message.subspan(proto::kTlsHandshakeHeaderSize), hello)) return;
  if (scene.keys != nullptr) keys_.server_hello(hello, *scene.keys);
  facts_.version = hello.version;
  facts_.suite = hello.suite;
  null_cipher_ = hello.version != kTls13 && null_cipher(hello.suite);
  if (hello.group != 0) facts_.group = hello.group;
  if (!hello.alpn.empty()) facts_.alpn = hello.alpn;
  if (hello.version == kTls13) facts_.resumed = hello.pre_shared_key;
  facts_.ja3s = decrypt::md5_hex(proto::ja3s_text(hello));
  scene.emit(direction, TlsServerHelloSeen{&hello, message});
}

void TlsDissector::certificates(Scene& scene, Direction direction, core::ByteView body) {
  constexpr std::size_t kMaxChain = 16;
  std::vector<proto::X509Card> cards;
  const bool is_13 = facts_.version == kTls13;
  proto::TlsCertificateReader reader(
      body, is_13 ? proto::TlsCertificateForm::tls13 : proto::TlsCertificateForm::before);
  while (const auto der = reader.next()) {
    if (cards.size() == kMaxChain) break;
    if (auto card = proto::read_x509_card(*der)) cards.push_back(std::move(*card));
  }
  if (direction == Direction::to_client && !scene.decrypted) {
    certificate_seen_ = true;
    facts_.certificates = cards;
  }
  scene.emit(direction, TlsCertificatesSeen{cards, body});
}

}  // namespace wxsec::flow
