// The file has a line for each service that was told, and for each identity one of whose services
// failed; that one may be named otherwise the next time, since a process gets another number.
#include "src/certs/crl_untold.h"

#include <fmt/core.h>

#include <set>
#include <string>

namespace wxsec::certs {
namespace {

constexpr std::string_view kTold = "told ";
constexpr std::string_view kFailed = "failed ";
constexpr std::size_t kMaxMark = 1 << 20;

struct Mark {
  std::set<std::string, std::less<>> told = {};    // descriptions
  std::set<std::string, std::less<>> failed = {};  // identities
};

core::Path mark_file(const Layout& layout) { return layout.dir() / "crl-untold"; }

Mark read_mark(const Layout& layout) {
  Mark mark;
  const std::string text = core::read_file(mark_file(layout), kMaxMark).value_or("");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(kTold)) mark.told.emplace(line.substr(kTold.size()));
    if (line.starts_with(kFailed)) mark.failed.emplace(line.substr(kFailed.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return mark;
}

core::Result<void> write_mark(const Layout& layout, const Mark& mark) {
  std::string text = "crl.pem is new; the next renewal with --reload tells who reads it\n";
  for (const std::string& one : mark.told) text += fmt::format("{}{}\n", kTold, one);
  for (const std::string& one : mark.failed) text += fmt::format("{}{}\n", kFailed, one);
  return core::write_file_atomic(mark_file(layout), text, {});
}

// Where that fails, or is lost with the power, they are told once too often.
void remove_mark(const Layout& layout) {
  std::error_code ignored;
  std::filesystem::remove(mark_file(layout), ignored);
}

}  // namespace

bool is_list_untold(const Layout& layout) { return core::path_exists(mark_file(layout)); }

core::Result<void> note_list_untold(const Layout& layout) {
  Mark mark = read_mark(layout);
  mark.told.clear();  // of the list before this one; whoever missed that one knows neither
  return write_mark(layout, mark);
}

core::Result<bool> tell_of_list(const Layout& layout, std::span<const Service> services,
                                const ServiceNote& note) {
  Mark mark = read_mark(layout);
  bool any = false;
  std::optional<core::Error> failed;
  std::set<std::string> failed_now;
  for (const Service& service : services) {
    if (!service.reload || mark.told.contains(service.description)) continue;
    any = true;
    if (const auto told = reload_services({&service, 1}, "", note); !told) {
      add_failure(failed, told.error());
      failed_now.insert(service.identity);
    } else {
      mark.told.insert(service.description);
    }
    mark.failed.erase(service.identity);
  }
  mark.failed.insert(failed_now.begin(), failed_now.end());
  if (any && mark.failed.empty()) remove_mark(layout);
  if (any && !mark.failed.empty()) WXSEC_TRY(write_mark(layout, mark));
  if (failed) return core::fail(*std::move(failed));
  return any;
}

}  // namespace wxsec::certs
