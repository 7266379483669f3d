// Output is gathered in one buffer that is handed on when it is large, and in a live capture also
// whenever the wire falls silent, so that nobody waits for a line.
#include "src/sniff/present.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/core/fd.h"
#include "src/report/verdict.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kFlushAt = 64 * 1024;

class Presenter {
 public:
  Presenter(const PresentOptions& options, const core::Clock& clock,
            const std::function<void(std::string_view)>& write)
      : options_(options),
        write_(write),
        collector_(clock, options.print.secrets),
        text_(options.style, options.print),
        json_(options.print.secrets) {
    text_buffer_.reserve(2 * kFlushAt);
  }

  void take(const flow::Event& event) {
    if (options_.follow != 0 && event.flow->id != options_.follow) return;
    followed_ = true;
    if (collects()) collector_.take(event);
    if (options_.format == Format::lines) text_.append(text_buffer_, event);
    if (options_.format == Format::json_lines) json_.append(json_buffer_, event);
    if (text_buffer_.size() + json_buffer_.size() >= kFlushAt) flush();
  }
  void flush() {
    if (!text_buffer_.empty()) write_(text_buffer_);
    if (!json_buffer_.empty()) write_(json_buffer_.text());
    text_buffer_.clear();
    json_buffer_.clear();
  }
  bool collects() const {
    return options_.format == Format::summary || options_.format == Format::summary_json ||
           options_.fail_on.has_value() || !options_.html.empty();
  }
  bool followed() const { return followed_; }
  Exposure finish(const Summary& summary) {
    flush();
    Exposure seen = collector_.finish();
    seen.packets = summary.packets;
    seen.counters = summary.counters;
    return seen;
  }

 private:
  const PresentOptions& options_;
  const std::function<void(std::string_view)>& write_;
  Collector collector_;
  TextLines text_;
  JsonLines json_;
  std::string text_buffer_;
  json::Buffer json_buffer_;
  bool followed_ = false;
};

// Root without sudo writes where root may, so the page is opened before root is gone; whoever used
// sudo gets a file of his own afterwards (as with the captured packets, see session.cpp).
class PageFile {
 public:
  core::Result<void> open(const core::Path& path) {
    path_ = path;
    if (path.empty() || ::geteuid() != 0 || std::getenv("SUDO_UID") != nullptr) return {};
    fd_ =
        core::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd_) return core::fail(core::system_error(errno, "write", path));
    return {};
  }
  core::Result<void> write(std::string_view text) {
    if (!fd_) return core::write_file_atomic(path_, text, {});
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
  core::Fd fd_;
};

// A live capture goes on without a key log that is not there yet; in the end it must be said.
void tell_of_key_log(const SessionOptions& options,
                     const std::function<void(std::string_view)>& note) {
  if (options.interface.empty() || options.key_log.empty()) return;
  if (::access(options.key_log.c_str(), R_OK) != 0)
    note(fmt::format("the key log {} was never readable: {}", options.key_log.string(),
                     core::system_error(errno, "read", options.key_log).what));
}

report::Report report_of(const Exposure& seen, const core::Clock& clock) {
  report::Report out;
  out.title = "wxsec sniff";
  out.at = clock.now();
  out.findings = seen.findings;
  return out;
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
  PageFile page;
  WXSEC_TRY(page.open(options.html));
  Presented out;
  out.summary = WXSEC_TRY(run(options.session, callbacks, stop));
  const Exposure seen = presenter.finish(out.summary);
  if (options.format == Format::summary)
    write(render_summary(seen, out.summary, options.style, options.print));
  if (options.format == Format::summary_json)
    write(render_summary_json(seen, out.summary, options.print.secrets));
  if (options.follow != 0 && !presenter.followed())
    return core::fail(
        core::Code::not_found,
        fmt::format("there is no flow {}: {} flows were seen", options.follow, out.summary.flows),
        "'wxsec sniff --summary' lists them with their numbers");
  // The tables end with it.
  if (options.format != Format::summary) note(counters_line(out.summary));
  const report::Report report = report_of(seen, clock);
  if (!options.html.empty())
    WXSEC_TRY(page.write(render_page(seen, out.summary, clock.now(), options.print.secrets)));
  tell_of_key_log(options.session, note);
  if (options.fail_on) out.failed = report::judge(report, *options.fail_on).failed;
  return out;
}

}  // namespace wxsec::sniff
