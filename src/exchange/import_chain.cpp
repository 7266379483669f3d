#include "src/exchange/import_chain.h"

#include "lib/pki/chain.h"
#include "src/certs/place.h"
#include "src/certs/revoked_here.h"
#include "src/look/examine.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr const char* kSystemStore = "/etc/ssl/certs/ca-certificates.crt";

// Candidates that were not given: those of the directory, then the system's.
struct Source {
  std::string name;
  std::vector<Certificate> certificates;
};

std::vector<Source> further_sources(const Layout& layout) {
  std::vector<Source> sources;
  for (const core::Path& path : {layout.issuing().cert, layout.ca(), core::Path(kSystemStore)}) {
    auto found = pki::load_certificates(path);
    if (found) sources.push_back({path.string(), std::move(*found)});
  }
  return sources;
}

// Nobody vouches for itself: a self-signed one is judged by whom the directory and the system
// trust.
std::vector<Certificate> vouched_for(const Imported& out, const Layout& layout) {
  if (out.chain.size() > 1) return {out.chain.back()};
  std::vector<Certificate> roots = system_trust().roots;
  if (const auto own = pki::load_certificates(layout.ca()))
    roots.insert(roots.end(), own->begin(), own->end());
  return roots;
}

}  // namespace

void complete(Imported& out, std::vector<Certificate> candidates, const Layout& layout) {
  for (const Source& source : further_sources(layout)) {
    if (out.chain.back().self_issued) break;
    candidates.insert(candidates.end(), source.certificates.begin(), source.certificates.end());
    auto longer = pki::build_chain(out.chain.front(), candidates);
    if (longer.size() <= out.chain.size()) continue;
    out.chain = std::move(longer);
    out.completed_from.push_back(source.name);
  }
}

pki::Verdict judged(const Imported& out, const Layout& layout, core::Instant now) {
  if (RevokedHere::load_readable(layout).has(out.chain.front())) {
    pki::Verdict revoked = pki::revoked_verdict(out.chain, now);
    revoked.hint = placed(revoked.hint, Place{layout.dir(), out.name});
    return revoked;
  }
  // Nobody asks for a trusted root's own signature, but a wrong one says that it was tampered with.
  pki::Verdict alone = pki::verify_alone(out.chain, now);
  if (!alone.valid() || !out.ends_at_root) return alone;
  pki::VerifyOptions options;
  options.at = now;
  options.trust = vouched_for(out, layout);
  return pki::verify(out.chain, options);
}

}  // namespace wxsec::certs
