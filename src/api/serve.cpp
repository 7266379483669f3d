// Puts the parts together: store, inbox, MQTT, HTTP. The order matters at both ends. Nothing is
// taken from the broker before the port is ours (a second server on a taken port must not throw the
// first one out of its MQTT session), and at the end the store gets what has arrived before the
// broker is told goodbye.
#include "src/api/serve.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "lib/core/shell_word.h"
#include "lib/http/server.h"
#include "lib/mqtt/accounts.h"
#include "lib/net/endpoint.h"
#include "lib/pki/certificate.h"
#include "lib/tls/context.h"
#include "src/api/ingest.h"
#include "src/api/live.h"
#include "src/api/problem.h"
#include "src/api/routes.h"
#include "src/certs/layout.h"
#include "src/renew/serving.h"
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
  if (listen.client_crl.empty()) return tls;
  auto lists = core::read_file(listen.client_crl, kMaxTrustFile);
  if (!lists)
    return core::fail(lists.error().code, lists.error().what,
                      fmt::format("without it revoked clients would get in: wxsec certs crl --dir "
                                  "{}, or name another with --client-crl",
                                  core::shell_word(listen.client_crl.parent_path().string())));
  tls.client_crl_pem = std::move(*lists);
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

// What is wrong with the pair, before anybody is served with it.
Result<std::vector<std::string>> check_pair(const ListenOptions& listen, const core::Clock& clock) {
  if (listen.certificate.empty()) return std::vector<std::string>{};
  return certs::check_serving(listen.certificate, listen.key, clock.now());
}

core::Error with_folder_hint(core::Error error, const core::Path& database) {
  const core::Path folder = database.parent_path();
  if (error.hint.empty())
    error.hint = folder.empty() || core::path_exists(folder)
                     ? "name another file with --db"
                     : fmt::format("mkdir -p {}, or name another file with --db",
                                   core::shell_word(folder.string()));
  return error;
}

ServeEvent reload(http::Server& server, const ListenOptions& listen, const tls::KeyLog& keylog,
                  const core::Clock& clock) {
  const auto fit = check_pair(listen, clock);
  if (!fit) return event_of(ServeEvent::Kind::reload_failed, fit.error().what);
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
  listen.client_crl = certs::Layout(certs_dir).crl();
  return listen;
}

std::string host_for_clients(const ListenOptions& listen, std::string_view bound) {
  const bool any = bound == "0.0.0.0" || bound == "::";
  std::string wanted(any || net::is_loopback(bound) ? "localhost" : bound);
  const auto chain = pki::load_certificates(listen.certificate);
  if (!chain || chain->front().names.empty()) return wanted;
  const auto& names = chain->front().names;
  const bool fits = std::any_of(names.begin(), names.end(),
                                [&](const auto& name) { return name.value == wanted; });
  return fits ? wanted : names.front().value;
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
  const std::vector<std::string> warnings = WXSEC_TRY(check_pair(options.listen, clock));
  auto serving = WXSEC_TRY(server_options(options.listen, options.insecure_lesson));
  const tls::KeyLog keylog = serving.tls ? serving.tls->keylog : tls::KeyLog();
  http::Server server(std::move(serving));
  std::optional<mqtt::ClientOptions> broker;
  if (!options.broker.url.empty()) {
    broker = WXSEC_TRY(client_options(options.broker, options.insecure_lesson));
  }
  const auto readings = store::open_sqlite(options.database);
  if (!readings) return core::fail(with_folder_hint(readings.error(), options.database));
  const auto tell = serialised(std::move(options.on_event));
  for (const std::string& text : warnings)
    tell(event_of(ServeEvent::Kind::certificate_warning, text));
  const auto feed = http::EventFeed::create(kEventHistory);
  Live live;
  World world{.store = **readings, .live = live, .clock = clock, .events = feed};
  install(server, world);
  const AttachedReload attached(reload_switch, [&] {
    tell(with_tls ? reload(server, options.listen, keylog, clock)
                  : event_of(ServeEvent::Kind::reload_failed, "there is no certificate to reload"));
  });

  std::stop_source ours;
  const std::stop_callback pass_on(stop, [&] { ours.request_stop(); });
  std::unique_ptr<Ingest> ingest;
  Result<void> started;
  const auto ran = server.run(ours.get_token(), [&](const net::Endpoint& bound) {
    if (broker) {
      auto made = Ingest::start(std::move(*broker), {**readings, live, *feed, clock, {}, tell});
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
