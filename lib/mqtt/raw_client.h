// MQTT packets of our own making on a socket: no reconnecting, no hiding. For attempts, which must
// see the TLS alert, the CONNACK code and the PUBACK reason, and for the independent witness who
// tells what a broker really delivered. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/mqtt/byte_stream.h"
#include "lib/mqtt/message.h"
#include "lib/tls/failure.h"
#include "lib/tls/peer.h"

namespace wxsec::mqtt {

// How far a connection came before the peer (or the network) ended it.
enum class Stage { resolve, tcp, tls, mqtt, done };
std::string_view stage_name(Stage stage);

// Everything that is known of a refusal. Fields are filled as far as things got.
struct Refusal {
  Stage stage = Stage::tcp;
  core::Error error;                   // in words
  tls::Failure tls;                    // cause and received alert, where it was TLS that refused
  std::optional<std::uint8_t> reason;  // CONNACK, PUBACK, SUBACK or DISCONNECT code
  bool closed_without_a_word = false;  // end of stream or reset, no alert, no packet
};

struct RawTls {
  core::Path
      ca;  // empty: the peer's certificate is not checked (for attempts; never sends secrets)
  std::string server_name;  // to verify and for SNI; empty: the host of the target
  core::Path certificate;   // with key, or none of both
  core::Path key;
  std::optional<core::Path> keylog;  // NSS key log lines are appended there
};

struct RawOptions {
  std::string host;
  std::uint16_t port = 8883;
  std::optional<RawTls> tls;                 // nothing: plaintext
  std::chrono::milliseconds timeout{5'000};  // for each step: dialling, handshake, each packet
};

struct RawConnect {
  Version version = Version::v5;
  std::string client_id;
  Session session = Session::clean;
  std::optional<std::chrono::seconds> session_expiry = {};  // MQTT 5; without it, at the end
  std::optional<std::string> username;
  core::Secret password;  // sent only where a username is
  std::optional<Message> will;
  std::chrono::seconds keep_alive{60};
};

struct Received {
  Message message;
  std::uint16_t packet_id = 0;
};

// A value or the full Refusal.
template <class T>
struct RawResult {
  std::optional<T> value;
  Refusal refusal;  // meaningful without a value
  explicit operator bool() const { return value.has_value(); }
};

struct Accepted {
  std::uint8_t reason = 0;  // the peer's code: 0 success; SUBACK: the granted QoS
  std::string reason_text;  // "success", "not authorized", ... and the peer's own words, if any
  bool session_present = false;  // CONNACK
};

class RawClient {
 public:
  static constexpr std::size_t kMaxPacket = 1U << 20;

  // TCP, and TLS if asked for; nothing of MQTT is sent yet. Under TLS 1.3 a refused client
  // certificate shows only at the next step.
  static RawResult<std::unique_ptr<RawClient>> open(const RawOptions& options);
  // On a stream that exists already: tests, WebSocket.
  static std::unique_ptr<RawClient> over(std::unique_ptr<ByteStream> stream,
                                         std::chrono::milliseconds timeout);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();  // closes without DISCONNECT

  // CONNECT, and the CONNACK that answers it. A CONNACK with a code that refuses is a refusal at
  // Stage::mqtt with its reason.
  RawResult<Accepted> connect(const RawConnect& connect);
  // PUBLISH; at QoS 1 waits for the PUBACK. In 3.1.1 a PUBACK does not mean that the broker let it
  // pass.
  RawResult<Accepted> publish(const Message& message);
  // SUBSCRIBE and its SUBACK; reasons of 0x80 and more are refusals.
  RawResult<Accepted> subscribe(std::string_view filter, Qos qos);
  // The next PUBLISH (acknowledged if it is QoS 1). No value and Code::timeout when none came.
  RawResult<Received> next(std::chrono::milliseconds timeout);
  // PINGREQ, and every PUBLISH that came before its PINGRESP (and was not fetched yet): proof of
  // what had been delivered by then, without sleeping.
  RawResult<std::vector<Received>> fence();
  // DISCONNECT, then close.
  void disconnect();

  // For probes that speak their own dialect: bytes as they are, and the next whole packet (of at
  // most kMaxPacket bytes), which need not decode.
  RawResult<Accepted> send_bytes(core::ByteView bytes);
  RawResult<core::Bytes> next_packet();

  // What the handshake showed; null if plaintext. Lives as long as the client.
  const tls::Peer* peer() const;

 private:
  struct State;
  explicit RawClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::mqtt
