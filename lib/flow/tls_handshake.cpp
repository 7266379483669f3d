// The part of the TLS decoder that reads handshake messages: put together from their records, then
// noted among the flow's facts.
#include <algorithm>

#include "lib/decrypt/digest.h"
#include "lib/flow/tls_dissector.h"
#include "lib/proto/ja4.h"
#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxHandshake = 256 * 1024;
constexpr std::uint16_t kTls13 = 0x0304;
constexpr std::uint16_t kSessionTicket = 35;
constexpr std::size_t kKeptCapacity = 4096;
constexpr std::size_t kUsualFacts = 4096;  // names and certificates of a usual connection

bool null_cipher(std::uint16_t suite) {
  return proto::tls_suite_name(suite).find("_WITH_NULL_") != std::string_view::npos;
}

// RFC 8422 5.4, RFC 5489 2: the curve that the server chose; 0 where it has none of a number.
std::uint16_t group_of_key_exchange(std::uint16_t suite, core::ByteView body) {
  constexpr std::uint8_t kNamedCurve = 3;
  const std::string_view name = proto::tls_suite_name(suite);
  if (!name.starts_with("TLS_ECDHE_") && !name.starts_with("TLS_ECDH_anon_")) return 0;
  wire::Reader in(body);
  if (name.starts_with("TLS_ECDHE_PSK_")) in.skip(in.u16());  // a hint
  const bool named = in.u8() == kNamedCurve;
  const std::uint16_t group = in.u16();
  return named && in.ok() ? group : std::uint16_t{0};
}

bool offers_ticket(const proto::TlsClientHello& hello) {
  proto::TlsExtensionReader extensions(hello.extensions);
  while (const auto one = extensions.next()) {
    if (one->type == kSessionTicket) return !one->data.empty();
  }
  return false;
}

}  // namespace

// The whole messages at the beginning of `bytes`; how much that was.
std::size_t TlsDissector::take_messages(Scene& scene, Direction direction, core::ByteView bytes) {
  std::size_t taken = 0;
  while (bytes.size() - taken >= proto::kTlsHandshakeHeaderSize) {
    const core::ByteView rest = bytes.subspan(taken);
    wire::Reader in(rest);
    in.skip(1);
    const std::size_t size = proto::kTlsHandshakeHeaderSize + in.u24();
    if (size > kMaxHandshake) {
      abbreviated_ = false;
      return bytes.size();
    }
    if (size > rest.size()) break;
    handshake_message(scene, direction, rest.first(size));
    taken += size;
  }
  return taken;
}

// A message may come in thousands of records: what is there already is not copied for each.
void TlsDissector::handshake_bytes(Scene& scene, Direction direction, core::ByteView bytes) {
  core::Bytes& held = sides_[index(direction)].handshake;
  if (held.empty()) {
    const core::ByteView rest = bytes.subspan(take_messages(scene, direction, bytes));
    held.insert(held.end(), rest.begin(), rest.end());
    return;
  }
  held.insert(held.end(), bytes.begin(), bytes.end());
  const std::size_t taken = take_messages(scene, direction, held);
  held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(taken));
  if (held.empty() && held.capacity() > kKeptCapacity) held = core::Bytes();
}

void TlsDissector::handshake_message(Scene& scene, Direction direction, core::ByteView message) {
  const core::ByteView body = message.subspan(proto::kTlsHandshakeHeaderSize);
  const auto type = static_cast<proto::TlsHandshakeType>(message[0]);
  if (direction == Direction::to_client && !scene.decrypted) follow_flight(type);
  switch (type) {
    case proto::TlsHandshakeType::client_hello: return client_hello(scene, direction, message);
    case proto::TlsHandshakeType::server_hello: return server_hello(scene, direction, message);
    case proto::TlsHandshakeType::encrypted_extensions:
      if (scene.decrypted && direction == Direction::to_client) encrypted_extensions(body);
      return;
    case proto::TlsHandshakeType::certificate: return certificates(scene, direction, body);
    case proto::TlsHandshakeType::server_key_exchange:
      if (direction != Direction::to_client || scene.decrypted || facts_.version == kTls13) return;
      if (const auto group = group_of_key_exchange(facts_.suite, body)) facts_.group = group;
      return;
    case proto::TlsHandshakeType::certificate_request:
      if (!scene.decrypted) facts_.client_certificate_requested = true;
      return;
    default: return;
  }
}

// RFC 5246 7.3, RFC 5077 3.1: between the ServerHello that resumes a session and ChangeCipherSpec
// stands at most a new ticket. A full handshake has at least ServerHelloDone there, also where a
// key that both had takes the certificate's place.
void TlsDissector::follow_flight(proto::TlsHandshakeType type) {
  if (type != proto::TlsHandshakeType::server_hello &&
      type != proto::TlsHandshakeType::new_session_ticket)
    abbreviated_ = false;
}

// A flow is told by what everybody could read of it, and there by what the client said first: not
// by what follows a retry, nor by a renegotiation that only a key log shows.
void TlsDissector::client_hello(Scene& scene, Direction direction, core::ByteView message) {
  proto::TlsClientHello hello;
  if (!proto::decode_client_hello(message.subspan(proto::kTlsHandshakeHeaderSize), hello)) return;
  keys_.client_hello(hello);
  const std::string ja3 = decrypt::md5_hex(proto::ja3_text(hello));
  const std::string ja4 = proto::ja4(hello, decrypt::sha256_hex);
  if (!scene.decrypted) {
    session_id_ = core::to_bytes(hello.session_id);
    offers_ticket_ = offers_ticket(hello);
    facts_.offered_version = hello.best_version();
    facts_.sni = hello.server_name;
    facts_.alpn = hello.first_alpn();
    if (hello_seen_) hello_again(scene);
    facts_.early_data = facts_.early_data || hello.early_data;
    if (!hello_seen_) {
      facts_.ja3 = ja3;
      facts_.ja4 = ja4;
    }
    hello_seen_ = true;
    count_facts();
  }
  scene.emit(direction, TlsClientHelloSeen{&hello, message, ja3, ja4});
}

void TlsDissector::server_hello(Scene& scene, Direction direction, core::ByteView message) {
  proto::TlsServerHello hello;
  if (!proto::decode_server_hello(message.subspan(proto::kTlsHandshakeHeaderSize), hello)) return;
  if (scene.keys != nullptr) keys_.server_hello(hello, *scene.keys);
  const std::string ja3s = decrypt::md5_hex(proto::ja3s_text(hello));
  if (!scene.decrypted) {
    // Before it, a retry is an answer for want of a better one.
    if (facts_.ja3s.empty() || facts_.version == kTls13) facts_.ja3s = ja3s;
    facts_.version = hello.version;
    facts_.suite = hello.suite;
    if (hello.retry && facts_.early_data) refuse_early();
    null_cipher_ = hello.version != kTls13 && null_cipher(hello.suite);
    if (hello.group != 0) facts_.group = hello.group;
    if (!hello.alpn.empty()) facts_.alpn = hello.alpn;
    if (hello.version == kTls13) facts_.resumed = hello.pre_shared_key;
    const bool same_session =
        !session_id_.empty() && hello.session_id.size() == session_id_.size() &&
        std::equal(session_id_.begin(), session_id_.end(), hello.session_id.begin());
    abbreviated_ = hello.version != kTls13 && (same_session || offers_ticket_);
  }
  scene.emit(direction, TlsServerHelloSeen{&hello, message, ja3s});
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
    facts_.certificates = cards;
    count_facts();
  }
  scene.emit(direction, TlsCertificatesSeen{cards, body});
}

// Names and certificates stay until the flow ends, and may be as large as a stranger likes.
void TlsDissector::count_facts() {
  std::size_t total = facts_.sni.capacity() + facts_.alpn.capacity();
  for (const proto::X509Card& card : facts_.certificates) {
    total += sizeof(card) + card.subject.capacity() + card.issuer.capacity();
    for (const std::string& name : card.dns_names) total += sizeof(name) + name.capacity();
  }
  facts_held_ = total > kUsualFacts ? total : 0;
}

}  // namespace wxsec::flow
