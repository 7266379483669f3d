// One mistake each, made for real, with OpenSSL's own s_server as the peer: the probe must give it
// its name. What `certs inspect`, the stations' preflight and the attacks say rests on this.
#include "lib/tls/probe.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "lib/core/escape.h"
#include "lib/net/listen.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "lib/tls/stream.h"
#include "tests/support/tiny_ca.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;
using tls::Cause;

const test::TinyCa& our_ca() {
  static const test::TinyCa ca("our CA");
  return ca;
}
const test::TinyCa& other_ca() {
  static const test::TinyCa ca("other CA");
  return ca;
}

// `openssl s_server` with one certificate on a free port; ends with the object.
class Peer {
 public:
  Peer(const tls::Identity& identity, std::vector<std::string> options)
      : directory_(*core::TempDirectory::create("tls-probe")) {
    const std::string stem = test::write_identity(directory_.path(), "server", identity);
    REQUIRE(core::write_file_atomic(directory_.path() / "ca.pem", our_ca().pem(), {}));
    std::vector<std::string> arguments = {"s_server",        "-accept",     "127.0.0.1:0",
                                          "-cert",           stem + ".pem", "-key",
                                          stem + "-key.pem", "-naccept",    "100"};
    // Left alone it would end a connection as soon as its own standard input does.
    if (std::find(options.begin(), options.end(), "-www") == options.end())
      options.push_back("-rev");
    for (std::string& option : options) {
      if (option == "CA") option = (directory_.path() / "ca.pem").string();
      if (option == "CRL") {
        option = (directory_.path() / "crl.pem").string();
        REQUIRE(core::write_file_atomic(option, crl, {}));
      }
      arguments.push_back(std::move(option));
    }
    auto openssl = proc::which("openssl", "openssl");
    REQUIRE(openssl);
    auto child = proc::Child::start({.program = *openssl, .arguments = arguments}, {});
    REQUIRE(child);
    child_.emplace(std::move(*child));
    REQUIRE(child_->wait_for_line("ACCEPT 127.0.0.1:", Deadline::in(10s)));
    const std::string output = child_->recent_output();
    const std::size_t at = output.find("ACCEPT 127.0.0.1:") + 17;
    port_ = static_cast<std::uint16_t>(std::atoi(output.c_str() + at));
  }
  std::uint16_t port() const { return port_; }

  static inline thread_local std::string crl;

 private:
  core::TempDirectory directory_;
  std::optional<proc::Child> child_;
  std::uint16_t port_ = 0;
};

tls::ClientContext context_with(tls::ClientOptions options) {
  if (!options.ca_pem) options.ca_pem = our_ca().pem();
  auto context = tls::ClientContext::create(options);
  REQUIRE(context);
  return *context;
}

tls::ProbeOptions at(std::uint16_t port) {
  tls::ProbeOptions options;
  options.target = {.scheme = net::Scheme::none, .host = "localhost", .port = port, .path = {}};
  options.timeout = 10s;
  return options;
}

tls::ProbeResult probe_with(std::uint16_t port, tls::ClientOptions options) {
  return tls::probe(at(port), context_with(std::move(options)));
}

std::vector<std::string> require_client_certificate() {
  return {"-CAfile", "CA", "-Verify", "2", "-verify_return_error"};
}

// Both protocol versions, since each refuses a client in its own way and at its own time.
const char* const kVersions[] = {"-tls1_2", "-tls1_3"};

std::vector<std::string> mutual_tls(const char* version) {
  auto options = require_client_certificate();
  options.push_back(version);
  return options;
}

}  // namespace

TEST_CASE("tls/probe: a good server is good, with its facts") {
  const Peer peer(our_ca().issue({}), {"-alpn", "http/1.1"});
  tls::ClientOptions options;
  options.alpn = {"http/1.1"};
  const auto result = probe_with(peer.port(), std::move(options));
  CHECK(tls::cause_name(result.failure.cause) == "none");
  CHECK(result.connected);
  CHECK(result.handshake);
  CHECK(result.failure.problems.empty());
  CHECK(result.peer.version == tls::Version::tls1_3);
  CHECK(result.peer.cipher == "TLS_AES_128_GCM_SHA256");
  CHECK(result.peer.group == "x25519");
  CHECK(result.peer.alpn == "http/1.1");
  CHECK_FALSE(result.peer.session_reused);
  REQUIRE(result.peer.chain.size() == 1);
  CHECK(result.peer.chain[0].common_name == "localhost");
  CHECK(result.peer.asked_for_certificate == false);
  CHECK(result.address == "127.0.0.1:" + std::to_string(peer.port()));
  CHECK(result.took.count() > 0);
}

TEST_CASE("tls/probe: TLS 1.2 is told from 1.3") {
  const Peer peer(our_ca().issue({}), {"-tls1_2"});
  const auto result = probe_with(peer.port(), {});
  CHECK(tls::cause_name(result.failure.cause) == "none");
  CHECK(result.peer.version == tls::Version::tls1_2);
  CHECK(result.peer.cipher == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
}

TEST_CASE("tls/probe: wrong CA") {
  const Peer peer(other_ca().issue({}), {});
  const auto result = probe_with(peer.port(), {});
  CHECK(tls::cause_name(result.failure.cause) == "wrong_ca");
  CHECK(result.failure.problems.size() == 1);
  CHECK(result.connected);
  CHECK_FALSE(result.handshake);
  REQUIRE(result.peer.chain.size() == 1);  // shown all the same
  CHECK(result.peer.chain[0].issuer_common_name == "other CA");
  CHECK(result.peer.version == tls::Version::tls1_3);
}

TEST_CASE("tls/probe: expired, and only that") {
  const Peer peer(our_ca().issue({.starts = -48h, .ends = -24h}), {});
  const auto result = probe_with(peer.port(), {});
  CHECK(tls::cause_name(result.failure.cause) == "expired");
  CHECK(result.failure.problems.size() == 1);
  CHECK(result.failure.detail.find("expired") != std::string::npos);
}

TEST_CASE("tls/probe: an expired certificate was good when it was valid") {
  const Peer peer(our_ca().issue({.starts = -48h, .ends = -24h}), {});
  tls::ClientOptions options;
  options.verify_at = core::system_clock().now() - 36h;
  CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) == "none");
}

TEST_CASE("tls/probe: not yet valid") {
  const Peer peer(our_ca().issue({.starts = 24h, .ends = 48h}), {});
  CHECK(tls::cause_name(probe_with(peer.port(), {}).failure.cause) == "not_yet_valid");
}

TEST_CASE("tls/probe: wrong host name") {
  const Peer peer(our_ca().issue({.common_name = "localhost", .names = {"elsewhere.test"}}), {});
  const auto result = probe_with(peer.port(), {});
  CHECK(tls::cause_name(result.failure.cause) == "wrong_host_name");
  CHECK(result.failure.problems.size() == 1);
}

TEST_CASE("tls/probe: the name that is verified may differ from the address that is dialled") {
  const Peer peer(our_ca().issue({.names = {"broker.wx.test"}}), {});
  auto options = at(peer.port());
  options.host_name = "broker.wx.test";
  CHECK(tls::cause_name(tls::probe(options, context_with({})).failure.cause) == "none");
}

TEST_CASE("tls/probe: an address counts only as an IP name") {
  const Peer peer(our_ca().issue({.names = {"localhost"}}), {});
  auto options = at(peer.port());
  options.target.host = "127.0.0.1";
  CHECK(tls::cause_name(tls::probe(options, context_with({})).failure.cause) == "wrong_host_name");
}

TEST_CASE("tls/probe: self-signed") {
  pki::CertificateSpec spec;
  const core::Instant now = core::system_clock().now();
  spec.common_name = "localhost";
  spec.names = {{pki::NameKind::dns, "localhost"}};
  spec.not_before = now - 1h;
  spec.not_after = now + 24h;
  spec.server = true;
  const auto key = pki::Key::generate(pki::KeyType::p256);
  const auto certificate = pki::Issuer::self_sign(spec, *key);
  REQUIRE(certificate);
  const Peer peer({pki::to_pem(*certificate), key->to_pem(), "self"}, {});
  CHECK(tls::cause_name(probe_with(peer.port(), {}).failure.cause) == "self_signed");
}

TEST_CASE("tls/probe: a client's certificate shown by a server") {
  const Peer peer(our_ca().issue({.server = false, .client = true}), {});
  CHECK(tls::cause_name(probe_with(peer.port(), {}).failure.cause) == "wrong_purpose");
}

TEST_CASE("tls/probe: a weak key") {
  const Peer peer(our_ca().issue({.key = pki::KeyType::rsa1024}),
                  {"-cipher", "DEFAULT:@SECLEVEL=0"});
  CHECK(tls::cause_name(probe_with(peer.port(), {}).failure.cause) == "weak_certificate");
}

TEST_CASE("tls/probe: revoked") {
  const tls::Identity identity = our_ca().issue({});
  const Peer peer(identity, {});
  tls::ClientOptions options;
  std::vector<tls::Identity> revoked;
  revoked.push_back(identity.clone());
  options.crl_pem = our_ca().crl(revoked);
  CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) == "revoked");
}

TEST_CASE("tls/probe: a revocation list of somebody else says nothing") {
  const Peer peer(our_ca().issue({}), {});
  tls::ClientOptions options;
  options.crl_pem = other_ca().crl({});
  CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
        "no_revocation_list");
}

TEST_CASE("tls/probe: accept_any_certificate goes on and still tells") {
  const Peer peer(other_ca().issue({.names = {"elsewhere.test"}, .starts = -48h, .ends = -24h}),
                  {});
  tls::ClientOptions options;
  options.trust = tls::Trust::accept_any_certificate;
  const auto result = probe_with(peer.port(), std::move(options));
  CHECK(result.handshake);
  CHECK(tls::cause_name(result.failure.cause) == "wrong_ca");
  std::vector<std::string> all;
  for (const auto& problem : result.failure.problems) {
    all.emplace_back(tls::cause_name(problem.cause));
  }
  CHECK(all == std::vector<std::string>{"wrong_ca", "wrong_host_name", "expired"});
}

TEST_CASE("tls/probe: no client certificate") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const Peer peer(our_ca().issue({}), mutual_tls(version));
    const auto result = probe_with(peer.port(), {});
    CHECK(tls::cause_name(result.failure.cause) == "client_certificate_missing");
    CHECK(result.peer.asked_for_certificate == true);
    REQUIRE(result.peer.accepted_issuers.size() == 1);
    CHECK(result.peer.accepted_issuers[0].find("our CA") != std::string::npos);
    REQUIRE(result.failure.alert);
  }
}

TEST_CASE("tls/probe: a client certificate of the wrong CA") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const Peer peer(our_ca().issue({}), mutual_tls(version));
    tls::ClientOptions options;
    options.identity = other_ca().client("station-0001");
    const auto result = probe_with(peer.port(), std::move(options));
    CHECK(tls::cause_name(result.failure.cause) == "client_ca_unknown");
    REQUIRE(result.failure.alert);
    CHECK(result.failure.alert->name == "unknown_ca");
  }
}

TEST_CASE("tls/probe: an expired client certificate") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const Peer peer(our_ca().issue({}), mutual_tls(version));
    tls::ClientOptions options;
    options.identity =
        our_ca().issue({.starts = -48h, .ends = -24h, .server = false, .client = true});
    CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
          "client_certificate_expired");
  }
}

TEST_CASE("tls/probe: a server's certificate shown by a client") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const Peer peer(our_ca().issue({}), mutual_tls(version));
    tls::ClientOptions options;
    options.identity = our_ca().issue({.server = true, .client = false});
    CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
          "client_certificate_purpose");
  }
}

TEST_CASE("tls/probe: a revoked client certificate") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const tls::Identity identity = our_ca().client("station-0001");
    std::vector<tls::Identity> revoked;
    revoked.push_back(identity.clone());
    Peer::crl = our_ca().crl(revoked);
    auto arguments = mutual_tls(version);
    arguments.insert(arguments.end(), {"-CRL", "CRL", "-crl_check"});
    const Peer peer(our_ca().issue({}), arguments);
    tls::ClientOptions options;
    options.identity = identity.clone();
    CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
          "client_certificate_revoked");
  }
}

TEST_CASE("tls/probe: a good client certificate is let in, at once") {
  for (const char* version : kVersions) {
    CAPTURE(version);
    const Peer peer(our_ca().issue({}), mutual_tls(version));
    tls::ClientOptions options;
    options.identity = our_ca().client("station-0001");
    auto target = at(peer.port());
    target.alert_wait = 60s;  // the session ticket proves acceptance long before
    const auto start = std::chrono::steady_clock::now();
    const auto result = tls::probe(target, context_with(std::move(options)));
    CHECK(tls::cause_name(result.failure.cause) == "none");
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
}

TEST_CASE("tls/probe: a ping's answer is the proof") {
  const Peer peer(our_ca().issue({}), {"-www"});
  auto options = at(peer.port());
  options.ping = core::to_bytes(core::as_bytes("GET / HTTP/1.0\r\n\r\n"));
  const auto result = tls::probe(options, context_with({}));
  CHECK(tls::cause_name(result.failure.cause) == "none");
  CHECK(core::as_text(result.answer).starts_with("HTTP/1.0 200"));
}

TEST_CASE("tls/probe: with a ping, a refusal of TLS 1.3 is found as well") {
  const Peer peer(our_ca().issue({}), mutual_tls("-tls1_3"));
  auto options = at(peer.port());
  options.ping = core::to_bytes(core::as_bytes("hello\n"));
  const auto result = tls::probe(options, context_with({}));
  CHECK(tls::cause_name(result.failure.cause) == "client_certificate_missing");
  CHECK(result.handshake);  // it had succeeded, on our side
  CHECK(result.answer.empty());
}

TEST_CASE("tls/probe: only an old protocol on the server") {
  const Peer peer(our_ca().issue({}), {"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"});
  const auto strict = probe_with(peer.port(), {});
  CHECK(tls::cause_name(strict.failure.cause) == "version_refused");
  CHECK(strict.connected);
  tls::ClientOptions options;
  options.policy = tls::everything_for_a_lesson();
  const auto lenient = probe_with(peer.port(), std::move(options));
  CHECK(tls::cause_name(lenient.failure.cause) == "none");
  CHECK(lenient.peer.version == tls::Version::tls1_1);
}

TEST_CASE("tls/probe: only an old protocol on our side") {
  const Peer peer(our_ca().issue({}), {"-tls1_3"});
  tls::ClientOptions options;
  options.policy.ceiling = tls::Version::tls1_2;
  CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
        "version_refused");
}

TEST_CASE("tls/probe: no cipher in common") {
  const Peer peer(our_ca().issue({}), {"-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA"});
  CHECK(tls::cause_name(probe_with(peer.port(), {}).failure.cause) == "no_common_cipher");
}

TEST_CASE("tls/probe: no application protocol in common") {
  const Peer peer(our_ca().issue({}), {"-alpn", "h2"});
  tls::ClientOptions options;
  options.alpn = {"mqtt"};
  CHECK(tls::cause_name(probe_with(peer.port(), std::move(options)).failure.cause) ==
        "no_common_alpn");
}

TEST_CASE("tls/probe: a closed port") {
  const auto result = probe_with(*net::free_port(), {});
  CHECK(tls::cause_name(result.failure.cause) == "refused");
  CHECK_FALSE(result.connected);
}

TEST_CASE("tls/probe: a name without an address") {
  auto options = at(1);
  options.target.host = "no-such-host.invalid";
  CHECK(tls::cause_name(tls::probe(options, context_with({})).failure.cause) == "unknown_host");
}

TEST_CASE("tls/probe: a port that accepts and says nothing") {
  const auto listener = net::listen(at(0).target, 1);
  REQUIRE(listener);
  auto options = at(listener->endpoint.port);
  options.timeout = 150ms;
  const auto result = tls::probe(options, context_with({}));
  CHECK(tls::cause_name(result.failure.cause) == "silent");
  CHECK(result.connected);
}
