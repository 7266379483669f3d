// `wxsec api serve`: readings from the broker into the store, and out of it over HTTPS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/tls/context.h"
#include "src/weather/reading.h"

namespace wxsec::api {

// How clients reach us. Without certificate and key: plain HTTP, for lessons only.
struct ListenOptions {
  std::string address = "127.0.0.1:8443";  // HOST:PORT, port 0 for any
  core::Path certificate;                  // fullchain.pem; read again by reload()
  core::Path key;                          // privkey.pem
  core::Path keylog;                       // NSS key log of our TLS sessions; empty for none
  // Whether clients show a certificate, too. Read again by reload(), like the pair.
  tls::ClientAuth client_auth = tls::ClientAuth::none;
  core::Path client_ca;   // whose certificates count
  core::Path client_crl;  // who was revoked; empty: nobody
};

// How we reach the broker: mqtts:// with our certificate, or mqtt:// (lesson only) with a password.
struct BrokerOptions {
  std::string url = "mqtts://localhost:8883";  // empty: no ingest, only what the store has
  core::Path ca;
  core::Path certificate;
  core::Path key;
  std::string user;
  core::Secret password;
  std::string client_id = "ingest";  // names the persistent session at the broker
};

// The defaults that a directory made by `wxsec certs init` gives: the API's certificate, and the
// ingest identity with the CA for the broker. Address and URL keep their defaults.
ListenOptions listen_from(const core::Path& certs_dir);
// The host to write into a URL for clients of a server that listens on `bound`: `bound` itself, or
// "localhost" for a loopback or unspecified address, if the certificate is made out to it; else the
// first name that it is made out to. Without a certificate that can be read: as if it fitted.
std::string host_for_clients(const ListenOptions& listen, std::string_view bound);
BrokerOptions broker_from(const core::Path& certs_dir);
// In the lesson: `ingest` and its password from the accounts file that 'wxsec broker run
// --insecure-lesson' writes. Without such a file, or such an account in it: no name and no
// password, for brokers that ask for none. Fails as mqtt::read_accounts.
core::Result<BrokerOptions> lesson_broker_from(const core::Path& accounts);

// What happened, for logs, progress and the lab. Called from several threads, one call at a time.
struct ServeEvent {
  enum class Kind {
    broker_connected,
    broker_lost,           // text: why; ingest keeps trying
    stored,                // station, reading
    refused,               // station, text: what is wrong with the payload
    store_failed,          // text: why; the readings wait and it is tried again
    certificate_warning,   // text: it is due for renewal, or its key exposed; before the start
    certificate_reloaded,  // text: the serial number that is served now
    reload_failed,         // text: why; the old pair stays
  };
  Kind kind{};
  std::string station;
  std::string text;  // untrusted parts not yet escaped
  std::optional<weather::Reading> reading;
};

struct ServeOptions {
  ListenOptions listen;
  BrokerOptions broker;
  core::Path database = "readings.db";  // ":memory:" for a store that ends with us
  bool insecure_lesson = false;         // must be set for plain HTTP and for mqtt://
  // Runs once, when requests are answered; the port is the bound one.
  std::function<void(std::string_view host, std::uint16_t port)> on_listening;
  std::function<void(const ServeEvent&)> on_event;
};

struct ServeResult {
  std::uint64_t requests = 0;
  std::uint64_t stored = 0;      // readings added
  std::uint64_t duplicates = 0;  // received again
  std::uint64_t refused = 0;     // payloads that were no reading
};

// Asks a running serve() to read certificate and key, and the clients' authorities and revocation
// list, again; clients that are not to be let in any more are cut off. Callable from any thread,
// also before serve() runs and after it has returned. A pair that does not match or cannot be read
// leaves the old one in place and is told by an event.
class ReloadSwitch {
 public:
  void request();
  // For serve(): what request() does from now on; an empty function detaches.
  void attach(std::function<void()> action);

 private:
  struct State;
  std::shared_ptr<State> state_;

 public:
  ReloadSwitch();
};

// Runs until `stop`. Fails before on_listening with: usage (bad address, plaintext without
// insecure_lesson), not_found, permission or crypto (certificate files; expired), busy (port
// taken), io (database). A broker that cannot be reached is no failure: it is told by events and by
// /readyz, and tried again. Everything the process acknowledged is in the store when this returns.
core::Result<ServeResult> serve(ServeOptions options, ReloadSwitch& reload,
                                const core::Clock& clock, std::stop_token stop);

}  // namespace wxsec::api
