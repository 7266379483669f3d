// The real mosquitto behind run_broker, in a directory and on a port of its own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/core/file.h"
#include "lib/mqtt/client.h"
#include "lib/mqtt/raw_client.h"
#include "src/broker/run.h"
#include "src/station/publisher.h"
#include "tests/support/tiny_ca.h"

namespace wxsec::test {

// Ends the test program as skipped (77) where a program is not installed.
void need_program(const char* name, const char* package);

class LiveBroker {
 public:
  struct Options {
    broker::Security security = broker::Security::mutual_tls;
    Leaf server = {.common_name = "broker"};
    std::vector<broker::Account> accounts = {};
    std::string program = "mosquitto";
  };
  LiveBroker() : LiveBroker(Options{}) {}
  explicit LiveBroker(Options options);
  ~LiveBroker();

  // Starts and waits until it is ready; the second time on the port of the first.
  core::Result<broker::Ready> start();
  // As a person would, and as a power cut would; both wait for the end and return its outcome.
  core::Result<void> stop();
  core::Result<void> kill();

  std::uint16_t port() const { return port_; }
  const TinyCa& ca() const { return ca_; }
  const core::Path& directory() const { return directory_.path(); }
  core::Path ca_file() const { return directory() / "ca.pem"; }
  // A certificate of the broker's CA, in files.
  station::Identity identity(const std::string& name) const;
  station::Identity identity(const Leaf& leaf, const TinyCa& issuer) const;
  // A new pair for the broker, in the place of the old one.
  void install_server(const tls::Identity& identity) const;
  broker::ReloadRequest& reload() { return reload_; }
  // Log lines and warnings so far, and whether one with this part came within five seconds.
  std::string log() const;
  bool logged(const std::string& part) const;

  mqtt::ClientOptions client_options(const station::Identity& identity) const;
  mqtt::RawOptions raw_options(const station::Identity& identity) const;
  // A connected witness as the operator, subscribed to wx/#.
  std::unique_ptr<mqtt::RawClient> witness() const;

 private:
  void note(std::string_view line);

  Options options_;
  core::TempDirectory directory_;
  TinyCa ca_;
  std::uint16_t port_ = 0;
  int pid_ = 0;
  broker::ReloadRequest reload_;
  mutable std::mutex mutex_;
  std::string log_;
  std::jthread thread_;
  std::optional<core::Result<void>> outcome_;
};

}  // namespace wxsec::test
