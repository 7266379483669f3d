// cert.pem and fullchain.pem are written together, so they differ only after somebody's hand, or a
// backup brought back by halves; and then the file that nobody serves looks fine.
#include "src/look/check_pair.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/pem.h"
#include "src/certs/generations.h"
#include "src/look/check_item.h"

namespace wxsec::certs {
namespace {

constexpr std::string_view kPutBack = "put the pair back: wxsec certs rollback --dir DIR NAME";

// As we write them, with the chain behind it. Spares parsing ten thousand of them twice.
bool begins_with_same_text(const core::Path& generation) {
  const auto leaf = core::read_file(files_in(generation).cert, pki::kMaxCertificateFile);
  const auto shown = core::read_file(files_in(generation).fullchain, pki::kMaxCertificateFile);
  return leaf && shown && !leaf->empty() && shown->starts_with(*leaf) &&
         shown->size() > leaf->size();
}

bool is_generation(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "0003", the newest of those that lie there; "" where none does.
std::string newest_generation(const core::Path& folder) {
  const auto names = core::list_directory(folder);
  std::string newest;
  if (!names) return newest;
  for (const std::string& name : *names)
    if (is_generation(name) && core::path_exists(files_in(folder / name).cert))
      newest = std::max(newest, name);
  return newest;
}

void add_without_current(const core::Path& parent, std::vector<CheckItem>& items) {
  const auto names = core::list_directory(parent);
  if (!names) return;
  for (const std::string& name : *names) {
    const core::Path folder = parent / name;
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(folder / "current", ignored)))
      continue;
    const std::string newest = newest_generation(folder);
    if (newest.empty()) continue;
    CheckItem item{.target = (folder / "current").string(), .what = "identity", .subject = name};
    set_broken(item, pki::Reason::other, "the link is gone: no service can load this identity",
               fmt::format("point it at the newest generation: ln -s {} {}", newest,
                           core::shell_word((folder / "current").string())));
    items.push_back(std::move(item));
  }
}

// Those that `certs init` makes have one, and who had one in another generation.
bool had_key(const core::Path& folder) {
  const auto& fixed = kFixedIdentities;
  if (std::find(std::begin(fixed), std::end(fixed), folder.filename().string()) != std::end(fixed))
    return true;
  const auto all = generations_in(folder);
  return std::any_of(all.begin(), all.end(), [&](const std::string& one) {
    return core::path_exists(files_in(folder / one).key);
  });
}

}  // namespace

void check_fullchain(const core::Path& generation, CheckItem& item) {
  if (item.state != CheckState::fine && item.state != CheckState::due) return;
  if (begins_with_same_text(generation)) return;
  const auto leaf = pki::load_certificates(files_in(generation).cert);
  if (!leaf || leaf->front().is_ca) return;
  const auto shown = pki::load_certificates(files_in(generation).fullchain);
  if (!shown) {
    const bool closed = shown.error().code == core::Code::permission;
    if (closed) return set_unreadable(item, shown.error());
    return set_broken(item, pki::Reason::other,
                      "fullchain.pem, which services load, is missing or no certificate",
                      std::string(kPutBack));
  }
  if (shown->front().der != leaf->front().der)
    return set_broken(item, pki::Reason::other,
                      "fullchain.pem, which services load, holds another certificate than cert.pem",
                      std::string(kPutBack));
  const auto above = pki::load_certificates(files_in(generation).chain);
  if (shown->size() == 1 && above && !above->empty())
    set_broken(item, pki::Reason::unknown_issuer,
               "fullchain.pem, which services load, lacks the authority above the certificate",
               std::string(kPutBack));
}

void check_key_there(const core::Path& folder, const core::Path& generation, CheckItem& item) {
  if (item.state != CheckState::fine && item.state != CheckState::due) return;
  if (core::path_exists(files_in(generation).key)) return;
  const auto leaf = pki::load_certificates(files_in(generation).cert);
  if (!leaf || leaf->front().is_ca) return;  // an authority's key may be moved away
  if (core::path_exists(request_in(generation)) || !had_key(folder)) {
    item.sentence += "; its holder keeps the key";
    return;
  }
  set_broken(item, pki::Reason::other, "its private key is gone: no service can use it",
             "bring it back from a backup, or make a new pair: wxsec certs issue --dir DIR "
             "--profile PROFILE --replace NAME");
}

std::vector<CheckItem> out_of_reach(const Layout& layout) {
  std::vector<CheckItem> items;
  add_without_current(layout.dir(), items);
  add_without_current(layout.stations(), items);
  for (const std::string& name : layout.hidden_stations()) {
    const core::Path folder = layout.stations() / name;
    CheckItem item{.target = folder.string(), .what = "identity", .subject = name};
    set_broken(item, pki::Reason::other,
               fmt::format("{} has the same name: this one is never renewed",
                           (layout.dir() / name).string()),
               "rename or remove the folder of the one that is no longer used");
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace wxsec::certs
