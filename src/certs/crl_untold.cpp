// The file has a line for each service that was told, and for each identity one of whose services
// failed; that one may be named otherwise the next time, since a process gets another number.
//
// A reload may take as long as it likes, and a revocation must not wait for it. So another run may
// replace the list while services are told of this one; its mark is then not ours to clear.
#include "src/certs/crl_untold.h"

#include <fmt/core.h>

#include <algorithm>

namespace wxsec::certs {
namespace {

constexpr std::string_view kTold = "told ";
constexpr std::string_view kFailed = "failed ";
constexpr std::size_t kMaxMark = 1 << 20;
constexpr std::size_t kMaxList = 64 * 1024 * 1024;

struct Mark {
  std::set<std::string> told = {};    // descriptions
  std::set<std::string> failed = {};  // identities
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

std::string list_text(const Layout& layout) {
  return core::read_file(layout.crl(), kMaxList).value_or("");
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
  if (const auto names = layout.identities())
    std::erase_if(mark.failed, [&](const std::string& one) {  // nobody can tell who is gone
      return std::find(names->begin(), names->end(), one) == names->end();
    });
  return write_mark(layout, mark);
}

Telling tell_readers(const Layout& layout, std::span<const Service> services,
                     const ServiceNote& note) {
  Telling telling{.list = list_text(layout)};  // first, for a list comes after its mark
  const Mark mark = read_mark(layout);
  for (const Service& service : services) {
    if (!service.reload || mark.told.contains(service.description)) continue;
    telling.asked.insert(service.identity);
    if (const auto told = reload_services({&service, 1}, "", note); !told) {
      add_failure(telling.error, told.error());
      telling.failed.insert(service.identity);
    } else {
      telling.told.insert(service.description);
    }
  }
  return telling;
}

core::Result<bool> note_told(const Layout& layout, const Telling& telling) {
  if (telling.asked.empty()) return false;
  Mark mark = read_mark(layout);
  // Of a list that was replaced meanwhile, only the failures count.
  const bool still = telling.list == list_text(layout);
  if (still) {
    mark.told.insert(telling.told.begin(), telling.told.end());
    for (const std::string& one : telling.asked) mark.failed.erase(one);
  }
  mark.failed.insert(telling.failed.begin(), telling.failed.end());
  std::optional<core::Error> failed = telling.error;
  if (still && mark.failed.empty()) {
    remove_mark(layout);
  } else if (still || !telling.failed.empty()) {
    if (const auto written = write_mark(layout, mark); !written)
      add_failure(failed, written.error());
  }
  if (failed) return core::fail(*std::move(failed));
  return true;
}

core::Result<bool> tell_of_list(const Layout& layout, std::span<const Service> services,
                                const ServiceNote& note) {
  return note_told(layout, tell_readers(layout, services, note));
}

}  // namespace wxsec::certs
