// Prometheus: "# HELP name text", "# TYPE name gauge", then `name{label="value"} number` lines, all
// of one metric together (prometheus.io, "Exposition formats"). Nagios: status line, a bar, and
// 'label'=value;warn;crit;min;max pairs (Monitoring Plugins Development Guidelines, 2.6).
#include "src/look/check_formats.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "lib/core/escape.h"
#include "lib/core/time.h"

namespace wxsec::certs {
namespace {

constexpr CheckState kAllStates[] = {CheckState::fine, CheckState::due, CheckState::expired,
                                     CheckState::broken, CheckState::unreadable};
constexpr CheckState kWorstFirst[] = {CheckState::broken, CheckState::expired, CheckState::due,
                                      CheckState::unreadable, CheckState::fine};

// Inside double quotes: backslash, quote and line feed. escape_terminal makes the rest valid UTF-8.
std::string label_value(std::string_view raw) {
  std::string out;
  for (const char c : core::escape_terminal(raw)) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// The same file may be named twice, and hold two lists of one issuer: a number keeps series apart.
std::vector<std::string> labels_of(const std::vector<CheckItem>& items) {
  std::vector<std::string> labels;
  std::set<std::string> taken;
  for (const CheckItem& item : items) {
    const std::string base = fmt::format("target=\"{}\",subject=\"{}\",serial=\"{}\",what=\"{}\"",
                                         label_value(item.target), label_value(item.subject),
                                         label_value(item.serial), label_value(item.what));
    std::string label = base;
    for (unsigned number = 2; !taken.insert(label).second; ++number)
      label = fmt::format("{},copy=\"{}\"", base, number);
    labels.push_back(std::move(label));
  }
  return labels;
}

struct Metric {
  const char* name;
  const char* help;
  std::function<std::optional<double>(const CheckItem&)> value;
};

std::optional<double> unix_seconds(const std::optional<core::Instant>& at) {
  if (!at) return std::nullopt;
  return static_cast<double>(at->time_since_epoch().count()) / 1000.0;
}

void append_head(std::string& out, const char* name, const char* help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
}

void append(std::string& out, const Metric& metric, const std::vector<CheckItem>& items,
            const std::vector<std::string>& labels) {
  append_head(out, metric.name, metric.help);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (const auto value = metric.value(items[i]))
      out += fmt::format("{}{{{}}} {:.0f}\n", metric.name, labels[i], *value);
}

std::string_view nagios_word(CheckState worst, NagiosWorst gravest) {
  switch (worst) {
    case CheckState::fine: return "OK";
    case CheckState::due: return "WARNING";
    case CheckState::unreadable: return "UNKNOWN";
    default: return gravest == NagiosWorst::critical ? "CRITICAL" : "WARNING";
  }
}

const CheckItem* first_to_end(const CheckReport& report) {
  const CheckItem* first = nullptr;
  for (const CheckItem& item : report.items)
    if (item.not_after && (first == nullptr || *item.not_after < *first->not_after)) first = &item;
  return first;
}

// A bar would begin the performance data.
std::string one_line(std::string_view raw) {
  std::string text = core::escape_terminal(raw);
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

// Errors of files and endpoints name them already.
std::string with_target(const CheckItem& item) {
  if (item.sentence.find(item.target) != std::string::npos) return one_line(item.sentence);
  return fmt::format("{}: {}", one_line(item.target), one_line(item.sentence));
}

std::string counts(const CheckReport& report) {
  std::string text;
  for (const CheckState state : kWorstFirst)
    if (const std::size_t count = report.count(state); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, check_state_text(state));
  if (const std::size_t alone = report.by_dates_only(); alone > 0)
    text += fmt::format(" ({} by dates alone)", alone);
  return text.empty() ? "nothing checked" : text;
}

}  // namespace

std::string to_prometheus(const CheckReport& report, core::Instant now) {
  const std::vector<std::string> labels = labels_of(report.items);
  const Metric metrics[] = {
      {"wxsec_certificate_state",
       "What the check says: 0 fine, 1 due, 2 expired, 3 broken, 4 unreadable.",
       [](const CheckItem& item) { return std::optional(static_cast<double>(item.state)); }},
      {"wxsec_certificate_not_before_seconds", "Start of the validity, Unix time.",
       [](const CheckItem& item) { return unix_seconds(item.not_before); }},
      {"wxsec_certificate_not_after_seconds", "End of the validity, Unix time.",
       [](const CheckItem& item) { return unix_seconds(item.not_after); }},
      {"wxsec_certificate_due_seconds", "From when on it is to be renewed, Unix time.",
       [](const CheckItem& item) { return unix_seconds(item.due); }},
      {"wxsec_certificate_dates_only", "1: nobody was there to judge its issuer by, 0: judged.",
       [](const CheckItem& item) { return std::optional(item.dates_only ? 1.0 : 0.0); }}};
  std::string out;
  for (const Metric& metric : metrics) append(out, metric, report.items, labels);
  append_head(out, "wxsec_certificates_by_dates_only",
              "Of how many nobody was there to judge the issuer by.");
  out += fmt::format("wxsec_certificates_by_dates_only {}\n", report.by_dates_only());
  append_head(out, "wxsec_certificates", "Number of items by state.");
  for (const CheckState state : kAllStates)
    out += fmt::format("wxsec_certificates{{state=\"{}\"}} {}\n", check_state_text(state),
                       report.count(state));
  append_head(out, "wxsec_certificates_check_seconds", "When this check ran, Unix time.");
  out += fmt::format("wxsec_certificates_check_seconds {:.0f}\n", *unix_seconds(now));
  return out;
}

std::string to_nagios(const CheckReport& report, NagiosWorst gravest, core::Instant now) {
  const CheckState worst = report.worst();
  std::string out = fmt::format("WXSEC {} - {}", nagios_word(worst, gravest), counts(report));
  const auto bad = std::find_if(report.items.begin(), report.items.end(), [&](const auto& item) {
    return item.state == worst && worst != CheckState::fine;
  });
  if (bad != report.items.end()) out += fmt::format("; {}", with_target(*bad));
  const CheckItem* const first = first_to_end(report);
  if (first != nullptr && worst == CheckState::fine)
    out += fmt::format("; first to end: {} in {}", one_line(first->subject),
                       core::human_duration(*first->not_after - now));
  out += " |";
  for (const CheckState state : kAllStates)
    out += fmt::format(" '{}'={};;;0;", check_state_text(state), report.count(state));
  if (first != nullptr) {
    const auto left = std::chrono::floor<std::chrono::seconds>(*first->not_after - now);
    out += fmt::format(" 'first_end'={}s;;;;", left.count());
  }
  return out + "\n";
}

}  // namespace wxsec::certs
