// What a flow can say. The engine calls its sink once per event; every view and pointer in an event
// lives only until that call returns.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/flow/endpoint.h"
#include "lib/proto/http_message.h"
#include "lib/proto/mqtt_packet.h"
#include "lib/proto/tls_hello.h"
#include "lib/proto/tls_record.h"
#include "lib/proto/x509_card.h"

namespace wxsec::flow {

enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };
inline std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

enum class Protocol : std::uint8_t { unknown, mqtt, http, tls, websocket };
// "unknown", "mqtt", "http", "tls", "websocket".
std::string_view protocol_name(Protocol protocol);

// What an eavesdropper could make of the bytes. `compressed` and `encrypted` are said where
// structure says so (a TLS record, SSH after its key exchange, a gzip header). Noise without
// structure is `encrypted` only from a stream's first byte on: see looks.h.
enum class Verdict : std::uint8_t { unknown, plaintext, encrypted, mixed, compressed };
std::string_view verdict_name(Verdict verdict);

// How the flow came to its end.
enum class Ending : std::uint8_t { open, fin, reset, expired, evicted };
std::string_view ending_name(Ending ending);

// What TLS showed before it went dark.
struct TlsFacts {
  // What every record changes comes first.
  std::uint64_t records[2] = {0, 0};
  std::uint64_t application_bytes[2] = {0, 0};  // ciphertext
  std::uint16_t offered_version = 0;            // highest in the ClientHello; 0: no hello seen
  std::uint16_t version = 0;                    // negotiated; 0 while unknown
  std::uint16_t suite = 0;                      // meaningful once version is not 0
  std::uint16_t group = 0;                      // key exchange group; 0 unknown
  std::uint8_t alert = 0xFF;                    // last one readable; 0xFF none
  // Application data followed. In 1.3, where it looks like the handshake: the server went on after
  // the client had finished, with more than what may be an alert.
  bool established = false;
  bool decrypted = false;  // the key log opened it
  bool resumed =
      false;  // an earlier session, where that is proven (in 1.3: by a key that both had)
  bool early_data = false;
  bool client_certificate_requested = false;  // 1.2 and before, visible
  std::string sni;
  std::string alpn;  // negotiated where visible (1.2), else the first one offered
  std::string ja3;
  std::string ja3s;
  std::string ja4;
  std::vector<proto::X509Card> certificates;  // 1.2 and before, server's, leaf first
};

// What is known of the flow so far; complete in FlowEnd.
struct FlowFacts {
  // What every packet, then what every message touches comes first: see Flow.
  std::int64_t last_ns = 0;
  Ending ending = Ending::open;
  Protocol protocol = Protocol::unknown;
  Protocol inner = Protocol::unknown;  // inside WebSocket or decrypted TLS
  proto::MqttVersion mqtt_version = proto::MqttVersion::unknown;
  Verdict verdict = Verdict::unknown;
  bool mid_stream = false;            // its beginning was not captured
  std::uint64_t packets[2] = {0, 0};  // by Direction
  std::uint64_t bytes[2] = {0, 0};    // TCP payload, without retransmissions
  std::uint64_t messages = 0;         // MQTT packets, HTTP messages
  std::uint64_t id = 0;               // from 1, in order of first packet
  const TlsFacts* tls = nullptr;
  Endpoint client;  // who sent SYN, or else who seems to be it
  Endpoint server;
  std::int64_t first_ns = 0;
  std::uint64_t first_packet = 0;
  std::uint64_t lost[2] = {0, 0};  // TCP payload that the capture lacks
  std::uint64_t conflicts = 0;     // retransmitted bytes that differed from the first ones
};

struct FlowStart {};

struct MqttMessage {
  const proto::MqttPacket* packet;
  proto::MqttVersion version;
  std::string_view topic;  // publish: with the topic alias resolved
  core::ByteView raw;
  bool truncated = false;   // payload cut at our limit
  bool incomplete = false;  // the flow ended or lost bytes before the payload's end

  // A publish by an alias (MQTT 5.0 3.3.2.3.4) whose topic was not captured, or is not sure since
  // bytes were lost: `topic` is empty.
  bool topic_unresolved() const {
    const auto* const publish = std::get_if<proto::MqttPublish>(&packet->body);
    return topic.empty() && publish != nullptr &&
           proto::find_mqtt_property(publish->properties, proto::MqttPropertyId::topic_alias);
  }
};

struct MqttProblem {
  proto::MqttType type;
  std::string_view what;
  core::ByteView raw;
};

struct HttpMessage {
  const proto::HttpHead* head;
  std::string_view request_method;  // for a response: what it answers, empty if unknown
  std::string_view request_target;
  core::ByteView body;          // chunks joined, Content-Encoding undone, cut at our limit and
                                // where bytes of it are missing
  std::uint64_t body_size = 0;  // on the wire
  bool truncated = false;       // more body than shown
  bool incomplete = false;      // the flow ended or lost bytes before the body's end
  core::ByteView raw;           // the beginning of the message as sent
  // What else of the body is there, as sent: each stands behind bytes that are not in the capture.
  std::span<const core::ByteView> behind_gaps;
};

struct TlsClientHelloSeen {
  const proto::TlsClientHello* hello;
  core::ByteView raw;
  std::string_view ja3 = {};  // this hello's; the flow's are those of its first readable one
  std::string_view ja4 = {};
};
struct TlsServerHelloSeen {
  const proto::TlsServerHello* hello;
  core::ByteView raw;
  std::string_view ja3s = {};
};
struct TlsCertificatesSeen {
  std::span<const proto::X509Card> cards;  // leaf first
  core::ByteView raw;                      // the handshake message's body
};
struct TlsAlertSeen {
  std::uint8_t level;
  std::uint8_t description;
  core::ByteView raw;
};
// Every record, in order; an encrypted one shows only its size. Of one that a NULL suite leaves
// readable `raw` is the header: what it carries has events of its own.
struct TlsRecordSeen {
  proto::TlsRecord record;
  core::ByteView raw;  // header and body
  bool encrypted;
};

struct WebSocketMessage {
  std::uint8_t opcode;     // 1 text, 2 binary, 8 close, 9 ping, 10 pong
  core::ByteView payload;  // unmasked, defragmented, inflated
  bool truncated = false;  // more of it than shown
  bool carried = false;    // belongs to another protocol, which tells it in events of its own
  bool deflated = false;   // the payload as sent, compressed: what it refers back to is missing
};

// The capture lacks `bytes` bytes here; the stream goes on after them.
struct Gap {
  std::uint64_t bytes;
};
// A retransmission, or an IP fragment that overlaps another, says something else than what came
// first (which counts).
struct Conflict {
  std::uint64_t bytes;
  core::ByteView retransmission;  // what came second
  bool fragments = false;         // of IP, with the TCP header where it is the first one
};
// First bytes of a direction that no decoder claims.
struct UnknownData {
  core::ByteView bytes;
};
struct FlowEnd {};

struct Event {
  std::int64_t time_ns = 0;
  std::uint64_t packet = 0;  // number of the packet that completed it
  const FlowFacts* flow = nullptr;
  Direction direction = Direction::to_server;
  bool decrypted = false;  // read with the key log: no eavesdropper without it sees this
  std::variant<FlowStart, MqttMessage, MqttProblem, HttpMessage, TlsClientHelloSeen,
               TlsServerHelloSeen, TlsCertificatesSeen, TlsAlertSeen, TlsRecordSeen,
               WebSocketMessage, Gap, Conflict, UnknownData, FlowEnd>
      what;

  const Endpoint& source() const {
    return direction == Direction::to_server ? flow->client : flow->server;
  }
  const Endpoint& destination() const {
    return direction == Direction::to_server ? flow->server : flow->client;
  }
};

using EventSink = std::function<void(const Event&)>;

}  // namespace wxsec::flow
