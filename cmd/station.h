// `wxsec station`: what its two commands, run and watch, have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "cmd/context.h"
#include "cmd/options.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"
#include "src/station/publisher.h"

namespace wxsec::cmd {

inline constexpr const char* kStationLessonLoss =
    "--insecure-lesson: name, password and readings go over the wire for everybody to read and "
    "forge";

// The options of both.
struct StationArguments {
  std::string dir = "certs";
  std::string broker;
  std::string accounts = "broker-lesson/accounts";
  TlsFiles files;
  std::string duration;
  bool insecure = false;
};

// Each reads what the options say; fails with usage, or not_found where a file is missing.
// The broker's address: mqtts:// or mqtt:// alone, and the same as --insecure-lesson says.
core::Result<net::Endpoint> broker_of(const StationArguments& common);
core::Result<std::optional<std::chrono::milliseconds>> duration_of(const std::string& text);
// `name` empty: as the certificate of --cert is called.
core::Result<station::Identity> identity_of(const StationArguments& common,
                                            const std::string& name);
core::Path ca_of(const StationArguments& common);
station::Security security_of(const StationArguments& common);

void add_station_arguments(CLI::App& command, Context& context, StationArguments& common);
void add_station_run(CLI::App& parent, Context& context);
void add_station_watch(CLI::App& parent, Context& context);

}  // namespace wxsec::cmd
