// Folders keep the last generations only, and a thief may have an older one: the ledger has them
// all. It also has what was handed out and lies in no folder. What others made and somebody
// imported is in the folders alone; so both are asked.
//
// A key is what a thief has. A certificate of another name for the same key opens the door to him
// just as well, so those are looked for, too: by the keys of all its certificates, of ended ones as
// well, since a key may live on in a later one.
#include "src/revoke/holdings.h"

#include <algorithm>
#include <set>

#include "src/certs/generations.h"
#include "src/certs/ledger.h"

namespace wxsec::certs {
namespace {

struct Search {
  const Layout& layout;
  const std::string& name;
  core::Instant now;
  std::set<std::string> keys = {};
  Holdings found = {};
};

bool has(const std::vector<Living>& all, const std::string& serial) {
  return std::any_of(all.begin(), all.end(),
                     [&](const Living& one) { return one.serial == serial; });
}

void add(Search& search, std::vector<Living>& to, Living one, core::Instant end) {
  if (end > search.now && !has(search.found.own, one.serial) && !has(to, one.serial))
    to.push_back(std::move(one));
}

void add_generations(Search& search) {
  const core::Path folder = search.layout.identity(search.name);
  for (const std::string& generation : generations_in(folder)) {
    const auto chain = pki::load_certificates(files_in(folder / generation).cert);
    if (!chain) continue;
    const pki::Certificate& leaf = chain->front();
    search.keys.insert(leaf.public_key_sha256);
    add(search, search.found.own, {leaf.serial, leaf.authority_key_id, search.name},
        leaf.not_after);
  }
}

core::Result<void> add_recorded(Search& search, Ledger& ledger) {
  for (const LedgerRow& row : WXSEC_TRY(ledger.all_of(search.name))) {
    search.keys.insert(row.public_key);
    add(search, search.found.own, {row.serial, row.issuer_key_id, row.name}, row.not_after);
  }
  for (const std::string& key : search.keys)
    for (const LedgerRow& row : WXSEC_TRY(ledger.all_for_key(key)))
      add(search, search.found.same_key, {row.serial, row.issuer_key_id, row.name}, row.not_after);
  return {};
}

core::Result<void> ask_ledger(Search& search) {
  auto ledger = Ledger::open_to_read(search.layout);
  if (!ledger && ledger.error().code == core::Code::not_found) return {};
  if (!ledger) return core::fail(ledger.error());
  return add_recorded(search, *ledger);
}

// One pair that somebody imported under a second name.
void add_shared(Search& search, const pki::Certificate& leaf, const std::string& other) {
  const auto is_this = [&](const Living& one) {
    return one.serial == leaf.serial && one.name != other;
  };
  const Holdings& found = search.found;
  if (std::any_of(found.own.begin(), found.own.end(), is_this) ||
      std::any_of(found.same_key.begin(), found.same_key.end(), is_this))
    search.found.shared.push_back({leaf.serial, leaf.authority_key_id, other});
}

// What is in use by other names.
void look_at_others(Search& search) {
  const auto names = search.layout.identities();
  if (!names) return;
  for (const std::string& other : *names) {
    const auto chain = pki::load_certificates(search.layout.current(other).cert);
    if (!chain || other == search.name || other == "root" || other == "issuing") continue;
    const pki::Certificate& leaf = chain->front();
    add_shared(search, leaf, other);
    if (has(search.found.own, leaf.serial)) continue;  // is revoked with it
    if (search.keys.contains(leaf.public_key_sha256)) {
      add(search, search.found.same_key, {leaf.serial, leaf.authority_key_id, other},
          leaf.not_after);
    } else if (leaf.common_name == search.name) {
      add(search, search.found.same_name, {leaf.serial, leaf.authority_key_id, other},
          leaf.not_after);
    }
  }
}

}  // namespace

Holdings holdings_of(const Layout& layout, const std::string& name, core::Instant now) {
  Search search{layout, name, now};
  add_generations(search);
  search.found.ledger = ask_ledger(search);
  look_at_others(search);
  return std::move(search.found);
}

}  // namespace wxsec::certs
