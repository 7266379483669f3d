// Output is gathered in one buffer that is handed on when it is large, and in a live capture also
// whenever the wire falls silent, so that nobody waits for a line.
#include "src/sniff/present.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "lib/capture/writer.h"
#include "lib/core/counted.h"
#include "lib/core/fd.h"
#include "lib/core/shell_word.h"
#include "src/report/verdict.h"
#include "src/sniff/own_files.h"
#include "src/sniff/remedy.h"
#include "src/sniff/secret_finder.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kFlushAt = 64 * 1024;

class Presenter {
 public:
  Presenter(const PresentOptions& options, const core::Clock& clock,
            const std::function<void(std::string_view)>& write)
      : options_(options),
        write_(write),
        collector_(clock, collect(), options.print.secrets),
        text_(options.style, options.print),
        json_(options.print.secrets) {
    text_buffer_.reserve(2 * kFlushAt);
    collector_.on_finding(
        [this](const report::Finding& finding, const FindingCase& one) { found(finding, one); });
  }

  // What is found in a message follows its line.
  void take(const flow::Event& event) {
    if (options_.follow != 0 && event.flow->id != options_.follow) return;
    followed_ = true;
    opened_ = opened_ || event.decrypted;
    protocol_ = flow::protocol_name(event.flow->protocol);
    const SecretsSeen secrets = finder_.find(event);
    if (options_.format == Format::lines) text_.append(text_buffer_, event, secrets);
    if (options_.format == Format::json_lines) json_.append(json_buffer_, event, secrets);
    collector_.take(event, secrets);
    if (text_buffer_.size() + json_buffer_.size() >= kFlushAt) flush();
  }
  void flush() {
    if (!text_buffer_.empty()) write_(text_buffer_);
    if (!json_buffer_.empty()) write_(json_buffer_.text());
    text_buffer_.clear();
    json_buffer_.clear();
  }
  bool followed() const { return followed_; }
  bool opened() const { return opened_; }
  Exposure finish(const Summary& summary) {
    flush();
    Exposure seen = collector_.finish();
    seen.packets = summary.packets;
    seen.counters = summary.counters;
    return seen;
  }

 private:
  // Only a program gets all messages at the end; a table and a page show some.
  Collect collect() const {
    if (options_.format == Format::summary_json) return Collect::everything;
    const bool shown = options_.format == Format::summary || !options_.html.empty();
    return shown ? Collect::overview : Collect::findings;
  }
  // People read what is wrong once per server; programs get every case.
  void found(const report::Finding& finding, const FindingCase& one) {
    if (options_.format == Format::lines && finding.evidence.size() == 1)
      text_.append(text_buffer_, finding, one);
    if (options_.format == Format::json_lines) json_.append(json_buffer_, finding, one, protocol_);
  }

  const PresentOptions& options_;
  const std::function<void(std::string_view)>& write_;
  SecretFinder finder_;
  Collector collector_;
  TextLines text_;
  JsonLines json_;
  std::string text_buffer_;
  json::Buffer json_buffer_;
  std::string_view protocol_;  // of the flow whose event is being taken
  bool followed_ = false;
  bool opened_ = false;  // something was decrypted
};

bool by_sudo() { return std::getenv("SUDO_UID") != nullptr; }

// Root without sudo writes where root may, so the page is opened before root is gone; whoever used
// sudo gets a file of his own afterwards (as with the captured packets, see session.cpp). What was
// there stays until there is something to write.
class PageFile {
 public:
  explicit PageFile(Secrets secrets) : mode_(secrets == Secrets::shown ? 0600 : 0644) {}

  core::Result<void> open(const core::Path& path) {
    path_ = path;
    if (path.empty() || ::geteuid() != 0 || by_sudo()) return {};
    fd_ = core::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode_));
    if (!fd_ || ::fchmod(fd_.get(), mode_) != 0)  // only now may we
      return with_remedy(core::system_error(errno, "write", path), kNameWritable);
    return {};
  }
  bool is_open() const { return static_cast<bool>(fd_); }
  core::Result<void> write(std::string_view text) {
    core::WriteOptions options;
    options.mode = mode_;
    if (!fd_) return core::write_file_atomic(path_, text, options);
    if (::ftruncate(fd_.get(), 0) != 0)
      return core::fail(core::system_error(errno, "write", path_));
    while (!text.empty()) {
      const ssize_t wrote = ::write(fd_.get(), text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return core::fail(core::system_error(errno, "write", path_));
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

 private:
  core::Path path_;
  mode_t mode_;
  core::Fd fd_;
};

// What a key log was given for and did not do must be said in the end: a live capture goes on
// without one that is not there, and one of other connections opens nothing.
void tell_of_key_log(const Summary& summary, const SessionOptions& options, bool opened,
                     const std::function<void(std::string_view)>& note) {
  if (options.key_log.empty() || opened) return;
  const std::string name = options.key_log.string();
  if (::access(options.key_log.c_str(), R_OK) != 0) {
    note(fmt::format("the key log {} was never readable: {}", name,
                     core::system_error(errno, "read", options.key_log).what));
    return;
  }
  if (summary.key_log_useless) {
    note(
        fmt::format("the key log {} opened nothing: no line in it is one of a TLS key log, as "
                    "programs write where SSLKEYLOGFILE names a file",
                    name));
    return;
  }
  if (options.interface.empty()) {
    note(fmt::format(
        "the key log {} opened nothing: its secrets belong to other connections, or the capture "
        "lacks the handshakes",
        name));
    return;
  }
  // What is over by the time its secrets are logged is not kept for them.
  const bool again = capture::format_of(options.write_to) == capture::FileFormat::pcapng;
  note(fmt::format(
      "the key log {} opened nothing: its secrets belong to other connections, the capture lacks "
      "the handshakes, or they were logged only when the connections were over{}",
      name, again ? fmt::format(" (then -r {} reads them)", options.write_to.string()) : ""));
}

void tell_of_late_secrets(const Summary& summary, const SessionOptions& options,
                          const std::function<void(std::string_view)>& note) {
  if (!summary.secrets_behind) return;
  note(fmt::format(
      "in {} secrets stand behind packets that they open, for want of room or rights to "
      "put them in front: read it with --keylog {}",
      options.write_to.string(), options.key_log.string()));
}

// Somebody may want exactly that; but not unknowingly.
void tell_of_missing_secrets(const SessionOptions& options,
                             const std::function<void(std::string_view)>& note) {
  if (options.key_log.empty() || options.write_to.empty() ||
      capture::format_of(options.write_to) == capture::FileFormat::pcapng)
    return;
  note(
      fmt::format("{} gets the packets without the secrets that open them; a name that ends in "
                  ".pcapng takes both",
                  options.write_to.string()));
}

// Silence about packets that nobody could read would look like their innocence.
core::Result<void> tell_of_link_type(const Summary& summary,
                                     const std::function<void(std::string_view)>& note) {
  if (summary.not_understood == 0) return {};
  const std::string what =
      fmt::format("{} of link type {}, which wxsec cannot read",
                  core::counted(summary.not_understood, "packet"), summary.link_not_understood);
  if (summary.not_understood == summary.packets)
    return core::fail(core::Code::unsupported, what + ": nothing is known about this capture",
                      "capture on another interface, or convert the file to Ethernet or raw IP "
                      "(tshark -r FILE -T pdml shows what is inside)");
  note(what + ": nothing is known about those");
  return {};
}

void tell_of_filter(const Summary& summary, const std::function<void(std::string_view)>& note) {
  const std::uint64_t count = summary.counters.not_filtered;
  if (count == 0) return;
  note(fmt::format("{} left out: the filter makes no sense for {} link type",
                   core::counted(count, "packet") + (count == 1 ? " was" : " were"),
                   count == 1 ? "its" : "their"));
}

// Who listened on a certain interface listens there again.
void name_source(Exposure& seen, const SessionOptions& options) {
  const std::string source =
      options.interface.empty() ? "-r NEW-CAPTURE" : "-i " + core::shell_word(options.interface);
  constexpr std::string_view kAnywhere = "-i lo";
  for (report::Finding& finding : seen.findings) {
    const std::size_t at = finding.recheck.find(kAnywhere);
    if (at != std::string::npos) finding.recheck.replace(at, kAnywhere.size(), source);
  }
}

report::Report report_of(const Exposure& seen, const core::Clock& clock) {
  report::Report out;
  out.title = "wxsec sniff";
  out.at = clock.now();
  out.findings = seen.findings;
  return out;
}

std::string findings_line(const Exposure& seen) {
  const auto worst = std::max_element(seen.findings.begin(), seen.findings.end(),
                                      [](const report::Finding& one, const report::Finding& other) {
                                        return one.severity < other.severity;
                                      });
  return fmt::format("{}, the worst is {}; 'wxsec explain {}' tells why it matters",
                     core::counted(seen.findings.size(), "finding"),
                     report::severity_name(worst->severity), worst->id);
}

}  // namespace

core::Result<Presented> present(const PresentOptions& options, const core::Clock& clock,
                                const std::function<void(std::string_view)>& write,
                                const std::function<void(std::string_view)>& note,
                                const std::stop_token& stop) {
  Presenter presenter(options, clock, write);
  SessionCallbacks callbacks;
  callbacks.on_event = [&](const flow::Event& event) { presenter.take(event); };
  callbacks.on_idle = [&] { presenter.flush(); };
  if (!options.session.interface.empty())
    callbacks.on_ready = [&] {
      note(fmt::format("capturing on {}; Ctrl-C ends it", options.session.interface));
    };
  WXSEC_TRY(refuse_same_file({{"-r", options.session.file, false},
                              {"--keylog", options.session.key_log, false},
                              {"-w", options.session.write_to, true},
                              {"--html", options.html, true}}));
  tell_of_missing_secrets(options.session, note);
  PageFile page(options.print.secrets);
  WXSEC_TRY(page.open(options.html));
  SessionOptions session = options.session;
  if (!page.is_open()) session.writes_later = options.html;
  Presented out;
  out.summary = WXSEC_TRY(run(session, callbacks, stop));
  Exposure seen = presenter.finish(out.summary);
  name_source(seen, session);
  if (options.format == Format::summary)
    write(render_summary(seen, out.summary, options.style, options.print));
  if (options.format == Format::summary_json)
    render_summary_json(seen, out.summary, options.print.secrets, write);
  if (options.follow != 0 && !presenter.followed())
    return core::fail(
        core::Code::not_found,
        fmt::format("there is no flow {}: {} flows were seen", options.follow, out.summary.flows),
        "'wxsec sniff --summary' lists them with their numbers");
  // The tables end with it.
  if (options.format != Format::summary) note(counters_line(out.summary));
  if (options.format == Format::lines && !seen.findings.empty()) note(findings_line(seen));
  const report::Report report = report_of(seen, clock);
  if (!options.html.empty()) {
    const std::string text = render_page(seen, out.summary, clock.now(), options.print.secrets);
    if (auto written = page.write(text); !written)
      return with_remedy(written.error(), kNameWritable);
  }
  tell_of_key_log(out.summary, options.session, presenter.opened(), note);
  tell_of_late_secrets(out.summary, options.session, note);
  tell_of_filter(out.summary, note);
  WXSEC_TRY(tell_of_link_type(out.summary, note));
  if (options.fail_on) out.failed = report::judge(report, *options.fail_on).failed;
  return out;
}

}  // namespace wxsec::sniff
