// The loop: a packet from the source, to the writer, to the engine; until the file ends, the count
// is reached, or somebody asks for a stop. A live capture is then emptied of what the kernel still
// holds, so that whoever caused traffic and stopped right after it sees it all.
#include "src/sniff/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <span>
#include <thread>

#include "lib/capture/privileges.h"
#include "lib/capture/writer.h"
#include "lib/flow/engine.h"

namespace wxsec::sniff {
namespace {

constexpr auto kDrainAtMost = std::chrono::milliseconds(500);
constexpr auto kTurn = std::chrono::milliseconds(20);
constexpr std::size_t kBatch = 32;  // packets that are taken at once
constexpr std::size_t kMaxKeyLog = std::size_t{64} << 20;

// A key log that may still be growing. Opened once, while we may still read it; where a program has
// yet to create it, a live capture looks again.
class KeyLogFile {
 public:
  enum class Absent { error, wait };

  core::Result<void> open(const core::Path& path, Absent absent) {
    path_ = path;
    fd_ = core::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_ && !(absent == Absent::wait && errno == ENOENT))
      return core::fail(core::system_error(errno, "read", path));
    return {};
  }
  // Feeds what was appended since the last call, and returns those lines.
  std::string poll(decrypt::KeyLog& keys) {
    if (!fd_ && !path_.empty()) fd_ = core::Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_) return {};
    char chunk[16 * 1024];
    ssize_t got = 0;
    while (total_ < kMaxKeyLog && (got = ::read(fd_.get(), chunk, sizeof(chunk))) > 0) {
      total_ += static_cast<std::size_t>(got);
      pending_.append(chunk, static_cast<std::size_t>(got));
    }
    const std::size_t used = keys.add(pending_);
    std::string lines = pending_.substr(0, used);
    pending_.erase(0, used);
    return lines;
  }

 private:
  core::Path path_;
  core::Fd fd_;
  std::string pending_;
  std::size_t total_ = 0;
};

core::Result<std::unique_ptr<capture::Source>> open_source(const SessionOptions& options) {
  if (options.interface.empty() == options.file.empty())
    return core::fail(core::Code::usage, "name an interface or a capture file, one of the two",
                      "as in 'wxsec sniff -i lo' or 'wxsec sniff -r FILE'");
  if (!options.file.empty()) return capture::open_file(options.file, options.filter);
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
  if (options.write_to.extension() == ".pcapng") out.format = capture::FileFormat::pcapng;
  return std::optional(WXSEC_TRY(capture::Writer::create(out)));
}

core::Result<void> refuse_same_file(const SessionOptions& options) {
  std::error_code none;
  if (options.file.empty() || options.write_to.empty() ||
      !std::filesystem::equivalent(options.file, options.write_to, none))
    return {};
  return core::fail(core::Code::usage,
                    fmt::format("{} would be overwritten while it is read", options.file.string()),
                    "name another file with -w");
}

// A ring makes files as it goes, with the rights that are left.
core::Result<void> check_ring_place(const SessionOptions& options) {
  if (options.write_to.empty() || options.write_max_bytes == 0) return {};
  core::Path folder = options.write_to.parent_path();
  if (folder.empty()) folder = ".";
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
  return core::fail(
      core::Code::permission,
      fmt::format("user {} may not make the ring's next files in {}", ::geteuid(), folder.string()),
      "root is given up after the device is open: name a directory that this user may write to, or "
      "run it with sudo from an account that may");
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
// writes where root may.
core::Result<void> Session::open() {
  WXSEC_TRY(refuse_same_file(options_));
  source_ = WXSEC_TRY(open_source(options_));
  if (!options_.key_log.empty()) {
    WXSEC_TRY(key_log_.open(options_.key_log,
                            live() ? KeyLogFile::Absent::wait : KeyLogFile::Absent::error));
    if (live()) engine_.keys().set_growing();
  }
  const bool drop = options_.privileges == Privileges::drop;
  const bool by_sudo = std::getenv("SUDO_UID") != nullptr;
  if (!drop || !by_sudo) writer_ = WXSEC_TRY(open_writer(options_, source_->link_type()));
  if (drop) WXSEC_TRY(capture::drop_privileges());
  WXSEC_TRY(check_ring_place(options_));
  if (drop && by_sudo) writer_ = WXSEC_TRY(open_writer(options_, source_->link_type()));
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
  out.flows = counted.flows;
  out.evicted = counted.evicted;
  out.first_ns = counted.first_ns;
  out.last_ns = counted.last_ns;
  out.counters = source_->counters();
  out.cut_short = cut_short_;
  return out;
}

core::Result<Summary> Session::run() {
  WXSEC_TRY(open());
  if (callbacks_.on_ready) callbacks_.on_ready();
  const core::Result<void> outcome = loop();
  engine_.finish();
  if (!outcome) return core::fail(outcome.error());
  if (writer_) WXSEC_TRY(writer_->close());
  return summary();
}

Exposure exposure_of(Collector& collector, const Summary& summary) {
  Exposure out = collector.finish();
  out.packets = summary.packets;
  out.counters = summary.counters;
  return out;
}

}  // namespace

core::Result<Summary> run(const SessionOptions& options, const SessionCallbacks& callbacks,
                          const std::stop_token& stop) {
  return Session(options, callbacks, stop).run();
}

core::Result<Exposure> expose_file(const core::Path& file, const core::Path& key_log,
                                   const core::Clock& clock) {
  Collector collector(clock);
  SessionOptions options;
  options.file = file;
  options.key_log = key_log;
  SessionCallbacks callbacks;
  callbacks.on_event = [&](const flow::Event& event) { collector.take(event); };
  const Summary summary = WXSEC_TRY(run(options, callbacks, std::stop_token{}));
  if (summary.cut_short) return core::fail(*summary.cut_short);
  return exposure_of(collector, summary);
}

struct LiveSniffer::State {
  State(const SessionOptions& the_options, const core::Clock& clock)
      : options(the_options), collector(clock) {}

  SessionOptions options;
  Collector collector;
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> logins{0};
  std::atomic<std::uint64_t> last_packet{0};
  std::promise<std::optional<core::Error>> ready;
  core::Result<Summary> outcome = Summary{};
  bool told = false;
  std::jthread thread;

  void run_in_thread(const std::stop_token& stop);
  void tell(std::optional<core::Error> error) {
    if (!std::exchange(told, true)) ready.set_value(std::move(error));
  }
};

namespace {

bool is_login(const flow::Event& event) {
  const auto* message = std::get_if<flow::MqttMessage>(&event.what);
  if (message == nullptr || event.decrypted) return false;
  const auto* connect = std::get_if<proto::MqttConnect>(&message->packet->body);
  return connect != nullptr && connect->password.has_value();
}

}  // namespace

void LiveSniffer::State::run_in_thread(const std::stop_token& stop) {
  SessionCallbacks callbacks;
  callbacks.on_ready = [this] { tell(std::nullopt); };
  callbacks.on_event = [this](const flow::Event& event) {
    collector.take(event);
    last_packet.store(event.packet, std::memory_order_relaxed);
    const bool counts = std::holds_alternative<flow::MqttMessage>(event.what) ||
                        std::holds_alternative<flow::HttpMessage>(event.what) ||
                        std::holds_alternative<flow::TlsRecordSeen>(event.what);
    if (counts) messages.fetch_add(1, std::memory_order_relaxed);
    if (is_login(event)) logins.fetch_add(1, std::memory_order_relaxed);
  };
  outcome = run(options, callbacks, stop);
  tell(outcome ? std::nullopt : std::optional(outcome.error()));
}

LiveSniffer::LiveSniffer(std::unique_ptr<State> state) : state_(std::move(state)) {}
LiveSniffer::LiveSniffer(LiveSniffer&&) noexcept = default;
LiveSniffer& LiveSniffer::operator=(LiveSniffer&&) noexcept = default;
LiveSniffer::~LiveSniffer() = default;

core::Result<LiveSniffer> LiveSniffer::start(const SessionOptions& options,
                                             const core::Clock& clock) {
  auto state = std::make_unique<State>(options, clock);
  State* const raw = state.get();
  raw->options.privileges = Privileges::keep;  // never for somebody else's process
  std::future<std::optional<core::Error>> ready = raw->ready.get_future();
  raw->thread = std::jthread([raw](const std::stop_token& stop) { raw->run_in_thread(stop); });
  if (auto error = ready.get()) return core::fail(std::move(*error));
  return LiveSniffer(std::move(state));
}

std::uint64_t LiveSniffer::packets() const { return state_->last_packet.load(); }
std::uint64_t LiveSniffer::messages() const { return state_->messages.load(); }
std::uint64_t LiveSniffer::logins() const { return state_->logins.load(); }

core::Result<Exposure> LiveSniffer::finish() {
  state_->thread.request_stop();
  if (state_->thread.joinable()) state_->thread.join();
  if (!state_->outcome) return core::fail(state_->outcome.error());
  return exposure_of(state_->collector, *state_->outcome);
}

}  // namespace wxsec::sniff
