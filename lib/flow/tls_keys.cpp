// In TLS 1.3 each direction changes keys when its Finished message has been read, and again at
// every KeyUpdate; to know when, the decrypted handshake must be followed. In 1.2 ChangeCipherSpec
// says it in clear.
#include "lib/flow/tls_keys.h"

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr std::uint16_t kTls13 = 0x0304;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kEndOfEarlyData = 5;
constexpr std::uint8_t kFinished = 20;
constexpr std::uint8_t kKeyUpdate = 24;
constexpr std::size_t kMaxHandshake = 256 * 1024;
constexpr unsigned kMostLostRecords = 64;

struct Candidate {
  std::string_view suite;
  std::size_t secret_size;
};
constexpr Candidate kEarlySuites[] = {{"TLS_AES_256_GCM_SHA384", 48},
                                      {"TLS_AES_128_GCM_SHA256", 32},
                                      {"TLS_CHACHA20_POLY1305_SHA256", 32},
                                      {"TLS_AES_128_CCM_SHA256", 32},
                                      {"TLS_AES_128_CCM_8_SHA256", 32}};

}  // namespace

void TlsKeys::client_hello(const proto::TlsClientHello& hello) {
  client_random_ = core::to_bytes(hello.random);
  offers_early_data_ = hello.early_data;
  early_.reset();
}

void TlsKeys::server_hello(const proto::TlsServerHello& hello, const decrypt::KeyLog& log) {
  server_random_ = core::to_bytes(hello.random);
  version_ = hello.version;
  suite_ = hello.suite;
  encrypt_then_mac_ = hello.encrypt_then_mac;
  if (hello.retry) return;
  answered_ = true;
  if (version_ != kTls13) return;
  // After a retry the client's keys may be in use already, if what it says was captured first.
  if (waits(Direction::to_server)) load_13(Direction::to_server, true, log);
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

void TlsKeys::load_12(Direction direction, const decrypt::KeyLog& log) {
  const core::ByteView master = log.find("CLIENT_RANDOM", client_random_);
  if (master.empty()) return;
  auto keys = decrypt::Tls12Keys::derive(version_, proto::tls_suite_name(suite_), master,
                                         client_random_, server_random_, encrypt_then_mac_);
  ciphers_[index(direction)] =
      direction == Direction::to_server ? std::move(keys.client) : std::move(keys.server);
}

// The secret may have been logged a moment after the record passed by.
void TlsKeys::load(Direction direction, const decrypt::KeyLog& log) {
  if (version_ == kTls13) return load_13(direction, !finished_[index(direction)], log);
  if (version_ != 0 && changed_cipher_[index(direction)]) load_12(direction, log);
}

void TlsKeys::change_cipher_spec(Direction direction, const decrypt::KeyLog& log) {
  if (version_ == kTls13) return;
  changed_cipher_[index(direction)] = true;
  if (version_ != 0) load_12(direction, log);
}

// After a loss some numbers are tried: a wrong one does not verify.
std::optional<TlsKeys::Opened> TlsKeys::open_with(decrypt::RecordCipher& cipher, bool search,
                                                  const proto::TlsRecord& record,
                                                  core::ByteView body) const {
  const unsigned tries = search ? kMostLostRecords : 1;
  for (unsigned i = 0; i < tries; ++i) {
    Opened out;
    auto plaintext =
        cipher.open(static_cast<std::uint8_t>(record.type), record.version, body, out.type);
    if (plaintext) {
      out.plaintext = std::move(*plaintext);
      return out;
    }
    if (search) cipher.skip(1);
  }
  if (search) {
    cipher.skip(~std::uint64_t{tries} + 1);  // back to where it was, modulo 2^64
    cipher.pass(body);
  }
  return std::nullopt;
}

// RFC 8446 2.3: early data is encrypted for the suite of the session that is resumed, which nobody
// has named yet. The secret's length and a trial tell it.
std::optional<TlsKeys::Opened> TlsKeys::open_early(const proto::TlsRecord& record,
                                                   core::ByteView body,
                                                   const decrypt::KeyLog& log) {
  if (early_) return open_with(*early_, false, record, body);
  const core::ByteView secret = log.find("CLIENT_EARLY_TRAFFIC_SECRET", client_random_);
  if (secret.empty()) return std::nullopt;
  for (const Candidate& candidate : kEarlySuites) {
    if (candidate.secret_size != secret.size()) continue;
    auto cipher = decrypt::RecordCipher::tls13(candidate.suite, secret);
    if (!cipher) continue;
    auto opened = open_with(*cipher, false, record, body);
    if (!opened) continue;
    early_ = std::move(cipher);
    return opened;
  }
  return std::nullopt;
}

std::optional<TlsKeys::Opened> TlsKeys::open(Direction direction, const proto::TlsRecord& record,
                                             core::ByteView body, const decrypt::KeyLog& log) {
  if (offers_early_data_ && direction == Direction::to_server) {
    auto early = open_early(record, body, log);
    // RFC 8446 4.5: EndOfEarlyData ends it; where the server refused, the client just stops.
    const bool over = early && early->type == kHandshake && !early->plaintext.empty() &&
                      early->plaintext[0] == kEndOfEarlyData;
    if (over) offers_early_data_ = false;
    if (early) {
      early->early = true;
      return early;
    }
  }
  auto& cipher = ciphers_[index(direction)];
  if (!cipher) load(direction, log);
  if (!cipher) return std::nullopt;
  auto out = open_with(*cipher, searching_[index(direction)], record, body);
  if (!out) return std::nullopt;
  searching_[index(direction)] = false;
  if (direction == Direction::to_server) offers_early_data_ = false;
  if (out->type == kHandshake && version_ == kTls13)
    follow_handshake(direction, out->plaintext, log);
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
