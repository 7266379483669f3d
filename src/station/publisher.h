// Weather stations that publish: one, or up to a hundred, each with its own certificate.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::station {

inline constexpr int kMaxStations = 100;  // Paho's cost per message doubles beyond that

// Who a station (or a watcher) is on the wire. `name` is the certificate's CN, the client id and
// the topic level.
struct Identity {
  std::string name;
  core::Path certificate;  // over TLS
  core::Path key;
  core::Secret password;  // in the lesson without TLS; the user name is `name`
};

// plaintext_lesson: names, passwords and readings for everybody on the wire to read and forge.
enum class Security { mutual_tls, plaintext_lesson };

// When a reading is done. stored: when the store's acknowledgement on wx/<station>/stored covers
// its sequence; until then it is kept and sent again. where_answered: the same as soon as a store
// has ever answered this station (its answer is retained); where none has, the broker's
// acknowledgement has to do, and a broker that is killed loses some of what it acknowledged.
enum class Delivery { where_answered, stored };

struct PublisherOptions {
  std::string host = "localhost";
  std::uint16_t port = 8883;
  Security security = Security::mutual_tls;
  core::Path ca;
  std::vector<Identity> stations;
  std::chrono::milliseconds interval{5'000};
  std::optional<std::uint64_t> readings;              // each station stops after so many
  std::optional<std::chrono::milliseconds> duration;  // all stop after that
  Delivery delivery = Delivery::where_answered;
  std::chrono::milliseconds drain_timeout{15'000};  // at the end, for what is not acknowledged
  std::chrono::milliseconds resend_after{3'000};    // without the store's answer
  std::size_t max_unacknowledged = 10'000;          // per station; beyond it the oldest is dropped
  std::optional<core::Path> journal;  // directory: unacknowledged readings survive our own death
  std::uint64_t seed = 1;             // of the simulated weather
  std::uint64_t first_sequence = 1;   // a journal that knows better wins
  bool preflight = true;              // a handshake of our own first, that names what is wrong
};

struct Event {
  enum class Kind {
    preflight_passed,  // text: protocol and cipher
    connected,
    disconnected,  // text: why, and when the next attempt follows
    published,     // sequence, topic; text: payload
    acknowledged,  // sequence
    stored,        // everything up to sequence
    denied,        // sequence; text: the broker's reason, or the store's
    command,       // text: what the operator asked for
    dropped,       // sequence: the bound was reached
    draining,      // at the end, when it takes over a second; text: what is waited for
  };
  Kind kind = Kind::connected;
  std::string station;
  std::uint64_t sequence = 0;
  std::string topic;
  std::string text;
};

struct StationCounts {
  std::uint64_t produced = 0;      // readings made
  std::uint64_t acknowledged = 0;  // by the broker
  std::uint64_t stored = 0;        // covered by the store's acknowledgement
  std::uint64_t resent = 0;
  std::uint64_t denied = 0;
  std::uint64_t dropped = 0;
  std::uint64_t unfinished = 0;   // still open when the run ended; a journal keeps them
  std::uint64_t connections = 0;  // successful ones
  std::uint64_t last_sequence = 0;
};

struct PublisherResult {
  std::map<std::string, StationCounts> stations;
  StationCounts total;
  std::chrono::milliseconds elapsed{0};
};

// Events come one at a time from the calling thread. Returns when done, stopped (a success) or:
// usage (no stations, more than kMaxStations, files missing), and before the first connection any
// error of the preflight (tls with the exact cause, refused, resolve, timeout, protocol).
core::Result<PublisherResult> run_stations(const PublisherOptions& options,
                                           const core::Clock& clock, std::stop_token stop,
                                           const std::function<void(const Event&)>& on_event);

}  // namespace wxsec::station
