// From events to the answer: what has an eavesdropper learned? Collected while a capture runs (or
// from a file), asked afterwards. Owns everything it tells.
//
//     sniff::LiveSniffer sniffer = WXSEC_TRY(LiveSniffer::start(options, clock));   // expose.h
//     ...do something...
//     const sniff::Exposure seen = WXSEC_TRY(sniffer.finish());
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/capture/source.h"
#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/secret.h"
#include "lib/flow/event.h"
#include "src/report/finding.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// Where in the capture something was seen.
struct Place {
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
  std::uint64_t flow = 0;
  std::string client;  // "127.0.0.1:40112"
  std::string server;
};

struct Credential {
  Place place;
  std::string kind;  // "mqtt password", "http basic", "http bearer", "cookie", "form field", ...
  std::string name;  // user name, or the field's or cookie's name; as on the wire
  core::Secret value;
  std::string masked;   // "s*****t (8 characters)": safe to show
  core::Bytes excerpt;  // the bytes around it
};

// A message whose content travelled in clear.
struct ClearText {
  Place place;
  std::string protocol;    // "mqtt", "http", "websocket"
  std::string subject;     // topic, "GET /path -> 200", "text message"
  std::string text;        // the payload, at most kMaxShown bytes
  std::uint64_t size = 0;  // of the whole payload
};

struct FlowCard {
  std::uint64_t id = 0;
  std::string client;
  std::string server;
  std::uint16_t server_port = 0;
  std::string protocol;  // "mqtt", "http", "tls", "websocket", "unknown"
  std::string inner;     // inside TLS (with a key log) or WebSocket
  flow::Verdict verdict = flow::Verdict::unknown;
  std::string mqtt_version;  // "3.1.1"
  std::string tls_version;   // "TLS 1.3"; empty where none was negotiated
  std::string cipher;        // "TLS_AES_256_GCM_SHA384"
  std::string sni;
  std::string alpn;
  std::string ja3;
  std::string ja4;
  std::vector<proto::X509Card> certificates;
  std::string alert;          // last readable alert's name
  bool established = false;   // TLS: see TlsFacts
  std::uint64_t records = 0;  // TLS
  std::uint64_t packets = 0;
  std::uint64_t bytes_to_server = 0;
  std::uint64_t bytes_to_client = 0;
  std::uint64_t lost = 0;
  std::uint64_t messages = 0;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
};

// One time that something was found.
struct FindingCase {
  std::size_t finding = 0;  // index in Exposure::findings
  Place place;
  bool to_server = true;  // the direction of the packet that shows it
  std::string text;       // what was seen in it
  core::Bytes excerpt;    // the first deciding bytes, secrets masked; may be empty

  const std::string& source() const { return to_server ? place.client : place.server; }
  const std::string& destination() const { return to_server ? place.server : place.client; }
};

// Real bytes for a hexdump in a report.
struct Sample {
  Place place;
  std::string title;  // "MQTT PUBLISH wx/station-0001/reading", "TLS application data record"
  core::Bytes bytes;  // empty where nothing of the kind was seen
};

inline constexpr std::size_t kMaxShown = 1024;     // bytes kept of a payload
inline constexpr std::size_t kMaxListed = 10'000;  // entries kept of each list; counts go on
inline constexpr std::size_t kMaxOverview = 50;    // messages kept for an overview

struct Exposure {
  std::vector<Credential> credentials;  // each (flow, kind, name, value) once
  std::vector<ClearText> messages;      // MQTT publishes, HTTP bodies, WebSocket text
  std::vector<FlowCard> flows;
  std::vector<report::Finding> findings;  // by id and server, first occurrence with its evidence
  std::vector<FindingCase> cases;         // of the findings, as they came; a few of each
  Sample plaintext;                       // the first readable reading (publish), as sent
  Sample ciphertext;                      // the first TLS application data record, as sent
  std::uint64_t credentials_seen = 0;
  std::uint64_t messages_seen = 0;
  std::uint64_t flows_seen = 0;
  std::uint64_t packets = 0;
  capture::Counters counters;

  // Did this text (a password, a topic, a value) appear in a readable message or credential?
  bool contains(std::string_view text) const;
};

// Everything that an Exposure can tell; the same with a few of the messages, as a table for people
// shows them; or its findings alone. Each costs less than the one before.
enum class Collect { everything, overview, findings };

// Feed it every event; not thread-safe.
class Collector {
 public:
  // Certificates are judged at the time of the packet that carried them, not by `clock`. With
  // Secrets::masked no secret stands in what is told, but for Credential::value.
  explicit Collector(const core::Clock& clock, Collect what = Collect::everything,
                     Secrets secrets = Secrets::masked);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Called from take() with each case of a finding that is kept.
  void on_finding(std::function<void(const report::Finding&, const FindingCase&)> sink);
  // `found` is what a SecretFinder found in it, for whoever needs that more than once.
  void take(const flow::Event& event);
  void take(const flow::Event& event, const SecretsSeen& found);
  // What was learned so far; the collector starts again from nothing.
  Exposure finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

FlowCard make_flow_card(const flow::FlowFacts& facts);

}  // namespace wxsec::sniff
