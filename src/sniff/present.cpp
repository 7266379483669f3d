// Output is gathered in one buffer that is handed on when it is large, and in a live capture also
// whenever the wire falls silent, so that nobody waits for a line.
#include "src/sniff/present.h"

#include <fmt/format.h>

#include "src/report/render.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kFlushAt = 64 * 1024;

class Presenter {
 public:
  Presenter(const PresentOptions& options, const core::Clock& clock,
            const std::function<void(std::string_view)>& write)
      : options_(options),
        write_(write),
        collector_(clock),
        text_(options.style, options.print),
        json_(options.print.secrets) {
    text_buffer_.reserve(2 * kFlushAt);
  }

  void take(const flow::Event& event) {
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
};

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
  Presented out;
  out.summary = WXSEC_TRY(run(options.session, callbacks, stop));
  const Exposure seen = presenter.finish(out.summary);
  if (options.format == Format::summary)
    write(render_summary(seen, out.summary, options.style, options.print));
  if (options.format == Format::summary_json)
    write(render_summary_json(seen, out.summary, options.print.secrets));
  note(counters_line(out.summary));
  const report::Report report = report_of(seen, clock);
  if (!options.html.empty())
    WXSEC_TRY(core::write_file_atomic(options.html, report::render_html(report), {}));
  if (options.fail_on) out.failed = report::judge(report, *options.fail_on).failed;
  return out;
}

}  // namespace wxsec::sniff
