// A new pair on its way to those who use it, wherever it came from (our own authority, an ACME
// server, certbot, a file): staged beside the old one, read back and checked, swapped in, reloaded,
// and proven by a handshake; put back where the proof fails.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/service.h"

namespace wxsec::certs {

enum class DeployStep { issued, checked, swapped, reloaded, verified, rolled_back };
// "issued", ..., "rolled-back".
std::string_view deploy_step_text(DeployStep step);

// Judges what was read back from the disk, leaf first; that key and certificate belong together is
// known by then. Fails with the reason why it must not be used.
using ChainCheck = std::function<core::Result<void>(const std::vector<pki::Certificate>& chain)>;

struct DeployOptions {
  std::string identity = {};  // which services are told: those of this name
  core::Path folder = {};     // where its generations lie; created for the first one
  Access access = {};         // access_of(folder) keeps what the old one has
  ChainCheck check = {};      // may be empty
  // Told of what is on the disk and about to be in use; a failure leaves the old one in use. May be
  // empty.
  std::function<core::Result<void>(const core::Path& generation, const pki::Certificate& leaf)>
      before_use = {};
  std::vector<Service> services = {};
  std::chrono::milliseconds verify_within = std::chrono::seconds{5};
  // Called as things happen; may be empty.
  std::function<void(DeployStep step, std::string_view detail)> on_step = {};
};

struct Deployed {
  core::Path generation = {};
  std::optional<pki::Certificate> certificate = {};  // the new leaf, unless `error` came before it
  std::optional<core::Error> error = {};
  bool rolled_back = false;  // with `error`: `current` had moved and was put back
};

// Only the first half: the next generation, written, read back and checked; on failure nothing of
// it remains. Many may share one `installer`, whose commit() swaps them all.
core::Result<Deployed> stage_checked(const Pair& pair, const DeployOptions& options,
                                     Installer& installer);

// All of it. Never fails as a function: with `error` the old generation is current again and its
// services were told so; what could not be undone is part of the error's text. The caller holds the
// directory's lock. Afterwards the last kKeptGenerations that were good remain. Interrupted before
// the proof, it goes back, too.
Deployed deploy(const Pair& pair, const DeployOptions& options, const std::stop_token& stop);

// `current` back to `old` and the services told: for deployments that failed later on. `failed` is
// marked, so that nobody takes it for a backup. Returns `why`, completed by what could not be
// undone.
core::Error put_back(const core::Path& old, const core::Path& failed, core::Error why,
                     const DeployOptions& options);

}  // namespace wxsec::certs
