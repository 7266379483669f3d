// The families of findings, joined. Texts live in one file per family, catalogue_<family>.cpp.
#include "src/report/catalogue.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

std::string with_place(std::string_view command, std::string_view where) {
  std::string out(command);
  const std::size_t at = out.find("{}");
  if (at != std::string::npos) out.replace(at, 2, where);
  return out;
}

std::vector<Entry> join() {
  std::vector<Entry> all;
  for (const std::span<const Entry> family :
       {cert_entries(), http_entries(), mqtt_entries(), net_entries(), tls_entries()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace

const std::vector<Entry>& catalogue() {
  static const std::vector<Entry> all = join();
  return all;
}

const Entry* find_entry(std::string_view id) {
  const auto& all = catalogue();
  const auto it =
      std::find_if(all.begin(), all.end(), [id](const Entry& entry) { return entry.id == id; });
  return it == all.end() ? nullptr : &*it;
}

Finding make_finding(std::string_view id, std::string where, std::vector<std::string> evidence) {
  const Entry* const entry = find_entry(id);
  if (entry == nullptr) std::abort();
  Finding finding;
  finding.id = entry->id;
  finding.severity = entry->severity;
  finding.title = entry->title;
  finding.why = entry->why;
  finding.remedy = entry->remedy;
  finding.recheck = with_place(entry->recheck, where);
  finding.where = std::move(where);
  finding.evidence = std::move(evidence);
  return finding;
}

}  // namespace wxsec::report
