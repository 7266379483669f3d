// Puts the parts together: store, inbox, MQTT, HTTP. The order matters at both ends. Nothing is
// taken from the broker before the port is ours (a second server on a taken port must not throw the
// first one out of its MQTT session), and at the end the store gets what has arrived before the
// broker is told goodbye.
#include "src/api/serve.h"

#include <fmt/core.h>

#include <mutex>
#include <utility>

#include "lib/http/server.h"
#include "lib/mqtt/accounts.h"
#include "lib/net/endpoint.h"
#include "lib/tls/context.h"
#include "src/api/ingest.h"
#include "src/api/live.h"
#include "src/api/problem.h"
#include "src/api/routes.h"
#include "src/certs/layout.h"
#include "src/store/reading_store.h"

namespace wxsec::api {
namespace {

using core::Code;
using core::Result;

constexpr std::uint16_t kDefaultPort = 8443;
constexpr std::size_t kEventHistory = 1000;

constexpr std::size_t kMaxTrustFile = 64 * 1024 * 1024;

// All that a reload reads again.
Result<tls::ServerOptions> tls_options(const ListenOptions& listen) {
  tls::ServerOptions tls;
  tls.identity = WXSEC_TRY(tls::read_identity(listen.certificate, listen.key));
  tls.client_auth = listen.client_auth;
  if (listen.client_auth == tls::ClientAuth::none) return tls;
  tls.client_ca_pem = WXSEC_TRY(core::read_file(listen.client_ca, kMaxTrustFile));
  if (!listen.client_crl.empty())
    tls.client_crl_pem = WXSEC_TRY(core::read_file(listen.client_crl, kMaxTrustFile));
  return tls;
}

Result<http::ServerOptions> server_options(const ListenOptions& listen, bool insecure_lesson) {
  http::ServerOptions options;
  options.listen = WXSEC_TRY(net::parse_endpoint(listen.address, kDefaultPort));
  if (listen.certificate.empty() && listen.key.empty()) {
    if (insecure_lesson) return options;
    return core::fail(Code::usage, "the API would be served without encryption",
                      "name certificate and key, or use --insecure-lesson if that is the lesson");
  }
  tls::ServerOptions tls = WXSEC_TRY(tls_options(listen));
  if (!listen.keylog.empty()) tls.keylog = WXSEC_TRY(tls::keylog_to_file(listen.keylog));
  options.tls = std::move(tls);
  return options;
}

void install(http::Server& server, World& world) {
  for (const Route& route : routes()) {
    server.route(http::Method::get, route.pattern, [&route, &world](const http::Request& request) {
      world.live.requests.fetch_add(1, std::memory_order_relaxed);
      return answer(route, request, world);
    });
  }
  server.on_refusal(refusal);
}

// Events come from several threads; the receiver sees one at a time.
std::function<void(const ServeEvent&)> serialised(std::function<void(const ServeEvent&)> receiver) {
  if (!receiver) return [](const ServeEvent&) {};
  return [receiver = std::move(receiver),
          mutex = std::make_shared<std::mutex>()](const ServeEvent& event) {
    const std::lock_guard lock(*mutex);
    receiver(event);
  };
}

ServeEvent event_of(ServeEvent::Kind kind, std::string text) {
  return {.kind = kind, .station = {}, .text = std::move(text), .reading = {}};
}

ServeEvent reload(http::Server& server, const ListenOptions& listen, const tls::KeyLog& keylog) {
  auto tls = tls_options(listen);
  if (!tls) return event_of(ServeEvent::Kind::reload_failed, tls.error().what);
  tls->keylog = keylog;
  const auto done = server.reload(std::move(*tls));
  if (!done) return event_of(ServeEvent::Kind::reload_failed, done.error().what);
  return event_of(ServeEvent::Kind::certificate_reloaded, server.served_serial());
}

// Detaches the switch before the server that it reloads is gone.
class AttachedReload {
 public:
  AttachedReload(ReloadSwitch& target, std::function<void()> action) : target_(target) {
    target_.attach(std::move(action));
  }
  AttachedReload(const AttachedReload&) = delete;
  AttachedReload& operator=(const AttachedReload&) = delete;
  ~AttachedReload() { target_.attach({}); }

 private:
  ReloadSwitch& target_;
};

}  // namespace

struct ReloadSwitch::State {
  std::mutex mutex;
  std::function<void()> action;
};

ReloadSwitch::ReloadSwitch() : state_(std::make_shared<State>()) {}

void ReloadSwitch::request() {
  const std::lock_guard lock(state_->mutex);
  if (state_->action) state_->action();
}

void ReloadSwitch::attach(std::function<void()> action) {
  const std::lock_guard lock(state_->mutex);
  state_->action = std::move(action);
}

ListenOptions listen_from(const core::Path& certs_dir) {
  const certs::IdentityFiles files = certs::Layout(certs_dir).api();
  ListenOptions listen;
  listen.certificate = files.fullchain;
  listen.key = files.key;
  listen.client_ca = certs::Layout(certs_dir).ca();
  const core::Path crl = certs::Layout(certs_dir).crl();
  if (core::path_exists(crl)) listen.client_crl = crl;
  return listen;
}

Result<BrokerOptions> lesson_broker_from(const core::Path& accounts) {
  BrokerOptions options;
  if (!core::path_exists(accounts)) return options;
  const auto known = WXSEC_TRY(mqtt::read_accounts(accounts));
  const mqtt::Account* const account = mqtt::find_account(known, options.client_id);
  if (account == nullptr) return options;
  options.user = account->name;
  options.password = account->password.clone();
  return options;
}

BrokerOptions broker_from(const core::Path& certs_dir) {
  const certs::Layout layout(certs_dir);
  BrokerOptions broker;
  broker.ca = layout.ca();
  broker.certificate = layout.ingest().fullchain;
  broker.key = layout.ingest().key;
  return broker;
}

Result<ServeResult> serve(ServeOptions options, ReloadSwitch& reload_switch,
                          const core::Clock& clock, std::stop_token stop) {
  const bool with_tls = !options.listen.certificate.empty();
  auto serving = WXSEC_TRY(server_options(options.listen, options.insecure_lesson));
  const tls::KeyLog keylog = serving.tls ? serving.tls->keylog : tls::KeyLog();
  http::Server server(std::move(serving));
  std::optional<mqtt::ClientOptions> broker;
  if (!options.broker.url.empty()) {
    broker = WXSEC_TRY(client_options(options.broker, options.insecure_lesson));
  }
  const auto readings = WXSEC_TRY(store::open_sqlite(options.database));
  const auto tell = serialised(std::move(options.on_event));
  const auto feed = http::EventFeed::create(kEventHistory);
  Live live;
  World world{.store = *readings, .live = live, .clock = clock, .events = feed};
  install(server, world);
  const AttachedReload attached(reload_switch, [&] {
    tell(with_tls ? reload(server, options.listen, keylog)
                  : event_of(ServeEvent::Kind::reload_failed, "there is no certificate to reload"));
  });

  std::stop_source ours;
  const std::stop_callback pass_on(stop, [&] { ours.request_stop(); });
  std::unique_ptr<Ingest> ingest;
  Result<void> started;
  const auto ran = server.run(ours.get_token(), [&](const net::Endpoint& bound) {
    if (broker) {
      auto made = Ingest::start(std::move(*broker), {*readings, live, *feed, clock, {}, tell});
      if (made) {
        ingest = std::move(*made);
      } else {
        started = core::fail(made.error());
        ours.request_stop();
        return;
      }
    }
    if (options.on_listening) options.on_listening(bound.host, bound.port);
  });
  feed->close();
  ingest.reset();
  WXSEC_TRY(started);
  WXSEC_TRY(ran);
  return ServeResult{.requests = live.requests,
                     .stored = live.stored,
                     .duplicates = live.duplicates,
                     .refused = live.refused};
}

}  // namespace wxsec::api
