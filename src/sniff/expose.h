// What an eavesdropper on a file or an interface learns: a session whose events are collected.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/sniff/exposure.h"
#include "src/sniff/session.h"

namespace wxsec::sniff {

// A file in one go: everything that could be learned from it.
core::Result<Exposure> expose_file(const core::Path& file, const core::Path& key_log,
                                   const core::Clock& clock);

// A live capture in a thread of its own, for whoever does something meanwhile and asks afterwards.
class LiveSniffer {
 public:
  // Returns once packets are being captured. `write_to` may be empty. Fails as run().
  static core::Result<LiveSniffer> start(const SessionOptions& options, const core::Clock& clock);
  LiveSniffer(LiveSniffer&&) noexcept;
  LiveSniffer& operator=(LiveSniffer&&) noexcept;
  ~LiveSniffer();  // stops

  // Packets dissected so far, readable while it runs: wait for it instead of sleeping.
  std::uint64_t packets() const;
  // MQTT and HTTP messages and TLS records seen so far.
  std::uint64_t messages() const;
  // MQTT CONNECTs with a readable password seen so far.
  std::uint64_t logins() const;
  // Takes what the kernel still holds, stops, and tells. Once only.
  core::Result<Exposure> finish();

 private:
  struct State;
  explicit LiveSniffer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::sniff
