// The loop: a packet from the source, to the writer, to the engine; until the file ends, the count
// is reached, or somebody asks for a stop. A live capture is then emptied of what the kernel still
// holds, so that whoever caused traffic and stopped right after it sees it all.
#include "src/sniff/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <span>

#include "lib/capture/privileges.h"
#include "lib/capture/writer.h"
#include "lib/flow/engine.h"
#include "src/sniff/key_log_file.h"
#include "src/sniff/own_files.h"
#include "src/sniff/remedy.h"

namespace wxsec::sniff {
namespace {

constexpr auto kDrainAtMost = std::chrono::milliseconds(500);
constexpr auto kTurn = std::chrono::milliseconds(20);
constexpr std::size_t kBatch = 32;  // packets that are taken at once

core::Result<std::unique_ptr<capture::Source>> open_source(const SessionOptions& options) {
  if (options.interface.empty() == options.file.empty())
    return core::fail(core::Code::usage, "name an interface or a capture file, one of the two",
                      "as in 'wxsec sniff -i lo' or 'wxsec sniff -r FILE'");
  if (!options.file.empty()) {
    auto source = capture::open_file(options.file, options.filter);
    if (!source) return with_remedy(source.error(), kNameReadable);
    return source;
  }
  capture::LiveOptions live;
  live.interface = options.interface;
  live.filter = options.filter;
  live.snap_length = options.snap_length;
  live.buffer_bytes = options.buffer_bytes;
  live.promiscuous = options.promiscuous;
  return capture::open_live(live);
}

core::Result<std::optional<capture::Writer>> open_writer(const SessionOptions& options,
                                                         int link_type) {
  if (options.write_to.empty()) return std::optional<capture::Writer>{};
  capture::WriterOptions out;
  out.path = options.write_to;
  out.link_type = link_type;
  out.max_file_bytes = options.write_max_bytes;
  out.max_files = options.write_max_files;
  out.format = capture::format_of(options.write_to);
  auto writer = capture::Writer::create(out);
  if (!writer) return with_remedy(writer.error(), kNameWritable);
  return std::optional(std::move(*writer));
}

// What is made later is made with the rights that are left.
core::Result<void> check_place(const core::Path& file, std::string_view what) {
  core::Path folder = file.parent_path();
  if (folder.empty()) folder = ".";
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
  if (errno == ENOENT || errno == ENOTDIR)
    return with_remedy(core::system_error(errno, "write", file), kNameWritable);
  return core::fail(
      core::Code::permission,
      fmt::format("user {} may not make {} in {}", ::geteuid(), what, folder.string()),
      "root is given up once the source is open: name a directory that this user may write to, or "
      "run it with sudo from an account that may");
}

core::Result<void> check_places(const SessionOptions& options) {
  if (!options.write_to.empty() && options.write_max_bytes != 0)
    WXSEC_TRY(check_place(options.write_to, "the ring's files"));
  if (!options.writes_later.empty())
    WXSEC_TRY(check_place(options.writes_later, options.writes_later.filename().string()));
  return {};
}

class Session {
 public:
  Session(const SessionOptions& options, const SessionCallbacks& callbacks,
          const std::stop_token& stop)
      : options_(options),
        callbacks_(callbacks),
        stop_(stop),
        engine_(flow::EngineLimits{}, callbacks.on_event) {}

  core::Result<Summary> run();

 private:
  core::Result<void> open();
  core::Result<void> loop();
  core::Result<void> take(std::span<const capture::Packet> packets);
  std::size_t at_most(std::uint64_t taken) const;
  core::Result<void> key_log_lines(std::string_view lines);
  void idle();
  bool turn_is_over();
  bool live() const { return options_.file.empty(); }
  bool drained() const;
  Summary summary();

  const SessionOptions& options_;
  const SessionCallbacks& callbacks_;
  const std::stop_token& stop_;
  flow::Engine engine_;
  std::unique_ptr<capture::Source> source_;
  std::optional<capture::Writer> writer_;
  KeyLogFile key_log_;
  std::size_t embedded_keys_ = 0;
  std::optional<core::Error> cut_short_;
  std::optional<std::chrono::steady_clock::time_point> stop_seen_;
  std::chrono::steady_clock::time_point last_turn_;
};

// Somebody who used sudo gets files of his own: they are created after root is gone. Root himself
// writes where root may, but not a ring, whose files one and the same user has to make.
core::Result<void> Session::open() {
  WXSEC_TRY(refuse_same_file({{"-r", options_.file, false},
                              {"--keylog", options_.key_log, false},
                              {"-w", options_.write_to, true}}));
  source_ = WXSEC_TRY(open_source(options_));
  if (!options_.key_log.empty()) {
    WXSEC_TRY(key_log_.open(options_.key_log,
                            live() ? KeyLogFile::Use::growing : KeyLogFile::Use::whole));
    if (live()) engine_.keys().set_growing();
  }
  const bool drop = options_.privileges == Privileges::drop;
  const bool later = drop && (std::getenv("SUDO_UID") != nullptr || options_.write_max_bytes != 0);
  if (!later) writer_ = WXSEC_TRY(open_writer(options_, source_->link_type()));
  if (drop) WXSEC_TRY(capture::drop_privileges());
  WXSEC_TRY(check_places(options_));
  if (later) writer_ = WXSEC_TRY(open_writer(options_, source_->link_type()));
  return key_log_lines(key_log_.poll(engine_.keys()));
}

// New secrets: into the file that is written, too, so that it can be read without a second file.
core::Result<void> Session::key_log_lines(std::string_view lines) {
  if (lines.empty()) return {};
  if (writer_) WXSEC_TRY(writer_->write_key_log(lines));
  engine_.keys_grew();
  return {};
}

core::Result<void> Session::take(std::span<const capture::Packet> packets) {
  if (source_->key_log().size() > embedded_keys_) {
    const std::string_view lines = source_->key_log().substr(embedded_keys_);
    engine_.keys().add(lines);
    embedded_keys_ = source_->key_log().size();
    WXSEC_TRY(key_log_lines(lines));
  }
  if (live()) WXSEC_TRY(key_log_lines(key_log_.poll(engine_.keys())));
  if (writer_) {
    for (const capture::Packet& packet : packets) WXSEC_TRY(writer_->write(packet));
  }
  engine_.take(packets);
  return {};
}

void Session::idle() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  engine_.tick(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  key_log_.follow();
  if (auto written = key_log_lines(key_log_.poll(engine_.keys())); !written)
    cut_short_ = written.error();
  // Whoever reads the file while it grows finds whole packets in it.
  if (writer_) {
    if (auto flushed = writer_->flush(); !flushed) cut_short_ = flushed.error();
  }
  if (callbacks_.on_idle) callbacks_.on_idle();
}

// After a stop a live capture goes on until nothing comes for a moment, but not for ever.
bool Session::drained() const {
  if (!stop_seen_) return false;
  return !options_.file.empty() || std::chrono::steady_clock::now() - *stop_seen_ > kDrainAtMost;
}

// A wire that is never silent has no idle moment: output and the key log have their turn anyway,
// so that nobody waits longer than this for a line.
bool Session::turn_is_over() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_turn_ < kTurn) return false;
  last_turn_ = now;
  return true;
}

// How many packets may still come, of those that are taken at once.
std::size_t Session::at_most(std::uint64_t taken) const {
  if (options_.max_packets == 0) return kBatch;
  return static_cast<std::size_t>(std::min<std::uint64_t>(kBatch, options_.max_packets - taken));
}

core::Result<void> Session::loop() {
  std::uint64_t taken = 0;
  std::array<capture::Packet, kBatch> batch;
  while (!drained()) {
    if (!stop_seen_ && stop_.stop_requested()) stop_seen_ = std::chrono::steady_clock::now();
    std::size_t there = 0;
    const auto next = source_->next_some(std::span(batch).first(at_most(taken)), there);
    if (!next) {
      cut_short_ = next.error();
      return {};
    }
    if (*next == capture::Next::end) return {};
    if (*next == capture::Next::idle) {
      idle();
      if (stop_seen_) return {};
      continue;
    }
    WXSEC_TRY(take(std::span(batch).first(there)));
    taken += there;
    if (taken == options_.max_packets) return {};
    if (live() && turn_is_over()) idle();
  }
  return {};
}

Summary Session::summary() {
  const flow::EngineCounters& counted = engine_.counters();
  Summary out;
  out.packets = counted.packets;
  out.bytes = counted.bytes;
  out.not_tcp = counted.not_tcp;
  out.not_understood = counted.not_understood;
  out.link_not_understood = counted.link_not_understood;
  out.flows = counted.flows;
  out.evicted = counted.evicted;
  out.not_compared = engine_.not_compared();
  out.first_ns = counted.first_ns;
  out.last_ns = counted.last_ns;
  out.counters = source_->counters();
  out.cut_short = cut_short_;
  out.key_log_useless = !options_.key_log.empty() && !key_log_.has_secrets();
  return out;
}

core::Result<Summary> Session::run() {
  WXSEC_TRY(open());
  if (callbacks_.on_ready) callbacks_.on_ready();
  const core::Result<void> outcome = loop();
  engine_.finish();
  if (!outcome) return core::fail(outcome.error());
  if (writer_) WXSEC_TRY(writer_->close());
  Summary out = summary();
  out.secrets_behind = writer_ && writer_->secrets_behind();
  return out;
}

}  // namespace

core::Result<Summary> run(const SessionOptions& options, const SessionCallbacks& callbacks,
                          const std::stop_token& stop) {
  return Session(options, callbacks, stop).run();
}

}  // namespace wxsec::sniff
