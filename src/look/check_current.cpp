#include "src/look/check_current.h"

#include <fmt/core.h>

#include "src/certs/generations.h"
#include "src/look/check_item.h"
#include "src/look/check_pair.h"

namespace wxsec::certs {
namespace {

CheckItem broken_link(const core::Path& folder, std::string sentence, std::string hint) {
  CheckItem item{.target = (folder / "current").string(), .what = "identity"};
  item.subject = folder.filename().string();
  set_broken(item, pki::Reason::other, std::move(sentence), std::move(hint));
  return item;
}

// Where the link leads nowhere.
std::optional<CheckItem> dangling(const core::Path& folder, const core::Path& generation) {
  std::error_code error;
  if (std::filesystem::exists(generation, error) || error) return std::nullopt;
  const std::vector<std::string> all = generations_in(folder);
  return broken_link(
      folder,
      fmt::format("it leads to {}, which is not there: no service can load this identity",
                  generation.filename().string()),
      all.empty() ? "make a new pair: wxsec certs issue --dir DIR --profile PROFILE --replace NAME"
                  : fmt::format("go back to one that is there: wxsec certs rollback --dir DIR NAME "
                                "--to {}",
                                all.back()));
}

}  // namespace

// An authority that a roll-over dropped has no list any more; who was revoked under it needs
// another remedy than a stranger.
void CurrentChecker::recall_revocation(const core::Path& dir, const core::Path& generation,
                                       CheckItem& item) {
  if (!is_stranger(item.reason)) return;
  const auto chain = pki::load_certificates(files_in(generation).fullchain);
  if (!chain) return;
  auto known = revoked_.find(dir);
  if (known == revoked_.end())
    known = revoked_.emplace(dir, RevokedHere::load_readable(Layout(dir))).first;
  if (known->second.has(chain->front())) set_verdict(item, pki::revoked_verdict(*chain, now_));
}

void CurrentChecker::check_pair(const core::Path& folder, const core::Path& generation,
                                FileChecker& checker, std::vector<CheckItem>& items) {
  const std::size_t before = items.size();
  checker.check(files_in(generation).cert, files_in(folder / "current").cert.string(),
                LoneKeys::skip, items);
  if (items.size() == before + 1) check_fullchain(generation, items.back());
  if (items.size() == before + 1) check_key_there(folder, generation, items.back());
}

void CurrentChecker::check(const core::Path& folder, const Place& place, FileChecker& checker,
                           std::vector<CheckItem>& items) {
  const Place here = place_of(files_in(folder / "current").cert).value_or(place);
  const std::size_t before = items.size();
  // Resolved once, so that a renewal in between cannot mix two generations.
  const auto current = resolve_current(folder);
  const core::Path generation = current ? *current : folder / "current";
  if (!current && current.error().code == core::Code::unsupported) {
    items.push_back(broken_link(folder, current.error().what, current.error().hint));
  } else if (auto item = dangling(folder, generation)) {
    items.push_back(std::move(*item));
  } else {
    check_pair(folder, generation, checker, items);
    if (items.size() > before) recall_revocation(here.dir, generation, items.back());
    if (items.size() > before && items.back().reason == pki::Reason::revoked &&
        !core::path_exists(files_in(generation).key))
      items.back().hint =
          "have its holder make a new key and sign the request for that: wxsec certs sign --dir "
          "DIR --csr FILE --name NAME --replace";
  }
  for (std::size_t i = before; i < items.size(); ++i) items[i].hint = placed(items[i].hint, here);
}

}  // namespace wxsec::certs
