// One run of the sniffer: capture -> flows -> events -> callback, and a summary at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/capture/source.h"
#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/flow/event.h"

namespace wxsec::sniff {

enum class Privileges { keep, drop };

struct SessionOptions {
  std::string interface;  // live; or
  core::Path file;        // a capture file, "-" for standard input; exactly one of the two
  std::string filter;     // BPF
  core::Path write_to;    // every packet that passed the filter; empty: nowhere
  std::uint64_t write_max_bytes = 0;  // ring of files, see capture::WriterOptions
  unsigned write_max_files = 0;
  core::Path
      writes_later;    // what the caller writes in the end; that he can is checked at the start
  core::Path key_log;  // NSS key log; re-read while capturing
  std::size_t snap_length = 262144;
  std::size_t buffer_bytes = std::size_t{8} << 20;
  bool promiscuous = false;
  std::uint64_t max_packets = 0;  // stop after so many; 0: never
  // `drop` gives up root for the whole process once the device is open: only for the command.
  Privileges privileges = Privileges::keep;
};

struct Summary {
  std::uint64_t packets = 0;  // dissected
  std::uint64_t bytes = 0;    // of them, as captured
  std::uint64_t not_tcp = 0;  // other traffic, not looked into
  // Of a link type (LINKTYPE_ number, that of the first one) that we cannot read: anything may be
  // inside.
  std::uint64_t not_understood = 0;
  int link_not_understood = 0;
  std::uint64_t flows = 0;
  std::uint64_t evicted = 0;       // flows forgotten early because memory was bounded
  std::uint64_t not_compared = 0;  // retransmissions of bytes that were forgotten already
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  capture::Counters counters;
  // Of the file that was written: secrets stand behind packets that they open (see Writer).
  bool secrets_behind = false;
  bool key_log_useless = false;  // a key log was given, and no line in it is one of a key log
  // The file broke off or the interface went away: what was read before that still counts.
  std::optional<core::Error> cut_short;
};

struct SessionCallbacks {
  flow::EventSink on_event;        // for each event, in order
  std::function<void()> on_ready;  // capturing has begun; privileges are dropped
  std::function<void()> on_idle;   // live: at least every 50 ms while nothing comes
};

// Runs until the file ends or a stop is asked for. Fails as capture::open_live, open_file and
// Writer::create do.
core::Result<Summary> run(const SessionOptions& options, const SessionCallbacks& callbacks,
                          const std::stop_token& stop);

}  // namespace wxsec::sniff
