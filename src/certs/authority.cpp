#include "src/certs/authority.h"
#include "src/certs/backdate.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"

namespace wxsec::certs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;

// Clocks in the field are off by minutes. What lives for less than an hour, in tests and lessons,
// must not spend its life in the past.
milliseconds backdate(milliseconds lifetime) {
  return lifetime >= hours(1) ? milliseconds(kBackdate) : lifetime / 20;
}

// What the certificate says is the lifetime, to the second from a day on (RFC 5280 4.1.2.5: both
// ends belong to it), so that its successor can be made as long as it was.
void set_validity(pki::CertificateSpec& spec, milliseconds lifetime, core::Instant now) {
  using std::chrono::floor;
  using std::chrono::seconds;
  spec.not_before = now - floor<seconds>(backdate(lifetime));
  spec.not_after = spec.not_before + lifetime - (lifetime < days(1) ? seconds(0) : seconds(1));
}

std::string host_label(std::string_view name) {
  std::string label(name);
  for (char& c : label) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
  }
  return label;
}

std::string below(std::string_view name, std::string_view domain) {
  return domain.empty() ? host_label(name) : fmt::format("{}.{}", host_label(name), domain);
}

void build_in(Fault fault, const LeafRequest& request, const pki::Certificate& issuing,
              pki::CertificateSpec& spec) {
  switch (fault) {
    case Fault::expired:
      spec.not_before = request.now - hours(1) - request.profile.lifetime;
      spec.not_after = request.now - hours(1);
      break;
    case Fault::not_yet:
      spec.not_before = request.now + days(1);
      spec.not_after = std::min(spec.not_before + request.profile.lifetime, issuing.not_after);
      break;
    case Fault::wrong_name:
      spec.names = {{pki::NameKind::dns, below("wrong-name", domain_of(issuing))}};
      break;
    case Fault::sha1: spec.digest = pki::Digest::sha1; break;
    case Fault::no_san: spec.names.clear(); break;
    case Fault::wrong_eku: std::swap(spec.server, spec.client); break;
    case Fault::ca_true: spec.is_ca = true; break;
    case Fault::none:
    case Fault::weak_key:
    case Fault::self_signed:
    case Fault::other_ca: break;  // not a matter of the spec
  }
}

// "wx.test" of a@wx.test, https://u@wx.test:8443/x; "" of names without a host.
std::string host_in(const pki::AlternativeName& name) {
  std::string_view rest = name.value;
  if (name.kind == pki::NameKind::email) return std::string(rest.substr(rest.rfind('@') + 1));
  const std::size_t authority = rest.find("://");
  if (name.kind != pki::NameKind::uri || authority == std::string_view::npos) return {};
  rest = rest.substr(authority + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t user = rest.rfind('@'); user != std::string_view::npos)
    rest.remove_prefix(user + 1);
  if (rest.starts_with('[')) return std::string(rest.substr(1, rest.find(']') - 1));
  return std::string(rest.substr(0, rest.find(':')));
}

// RFC 1035 2.3.4.
core::Result<void> check_lengths(const std::vector<pki::AlternativeName>& names) {
  constexpr std::size_t kLongestLabel = 63;
  constexpr std::size_t kLongestName = 253;
  for (const pki::AlternativeName& name : names) {
    if (name.kind != pki::NameKind::dns) continue;
    std::size_t longest = 0;
    std::size_t label = 0;
    for (const char c : name.value) {
      label = c == '.' ? 0 : label + 1;
      longest = std::max(longest, label);
    }
    if (longest > kLongestLabel || name.value.size() > kLongestName)
      return core::fail(core::Code::usage,
                        fmt::format("{} is no DNS name: a part of it may have 63 letters, all of "
                                    "it 253",
                                    core::escape_terminal(name.value)),
                        "take a shorter name for the identity, or give its DNS names with --name");
  }
  return {};
}

core::Result<void> check_may_sign(const LeafRequest& request, const pki::Certificate& issuing) {
  WXSEC_TRY(check_lengths(request.names));
  WXSEC_TRY(check_permitted(request.names, issuing));
  if (request.profile.fault == Fault::not_yet && request.now + days(1) >= issuing.not_after)
    return core::fail(core::Code::usage,
                      "the issuing authority ends before tomorrow, when this one would begin",
                      "make a new one take over: wxsec certs rotate-ca --dir DIR");
  if (request.now < issuing.not_after) return {};
  return core::fail(core::Code::crypto, "the issuing authority has expired",
                    "make a new one take over: wxsec certs rotate-ca --dir DIR");
}

// A stranger's authority, forgotten once it has signed: nobody can trust what it signed.
core::Result<std::vector<pki::Certificate>> sign_by_stranger(const pki::CertificateSpec& spec,
                                                             const pki::Key& key) {
  pki::CertificateSpec own;
  own.common_name = "a stranger's CA";
  own.not_before = spec.not_before;
  own.not_after = spec.not_after;
  own.is_ca = true;
  const pki::Key stranger = WXSEC_TRY(pki::Key::generate(pki::KeyType::p256));
  const pki::Certificate ca = WXSEC_TRY(pki::Issuer::self_sign(own, stranger));
  const pki::Issuer issuer = WXSEC_TRY(pki::Issuer::create(ca, stranger));
  return std::vector<pki::Certificate>{WXSEC_TRY(issuer.issue(spec, key.public_key())), ca};
}

core::Result<std::vector<pki::Certificate>> sign(Fault fault, const pki::CertificateSpec& spec,
                                                 const pki::Key& key, const Authority& authority) {
  if (fault == Fault::other_ca) return sign_by_stranger(spec, key);
  if (fault == Fault::self_signed)
    return std::vector<pki::Certificate>{WXSEC_TRY(pki::Issuer::self_sign(spec, key))};
  return std::vector<pki::Certificate>{WXSEC_TRY(authority.issuer.issue(spec, key.public_key())),
                                       authority.issuing()};
}

// Below an authority that is constrained to domains, a certificate without a DNS name is judged by
// its common name: by GnuTLS and NSS if it is a server's, by OpenSSL if there is a dot in it. There
// the common name must be one that the authority may sign for; else it is the plain name, which
// MQTT brokers take for the user. tests/net/certs_verifiers_shapes_test.sh shows the refusals.
std::string common_name_of(const LeafRequest& request, const pki::Certificate& issuing) {
  const bool has_dns_name =
      std::any_of(request.names.begin(), request.names.end(),
                  [](const pki::AlternativeName& name) { return name.kind == pki::NameKind::dns; });
  const bool taken_for_host = request.profile.server || request.name.find('.') != std::string::npos;
  if (has_dns_name || !taken_for_host || issuing.constraints.dns.empty()) return request.name;
  if (pki::permits(issuing.constraints, {pki::NameKind::dns, request.name})) return request.name;
  return default_names(request.name, request.profile, issuing).front().value;
}

core::Failure no_authority(const Layout& layout, const core::Error& error) {
  if (error.code != core::Code::not_found) return core::fail(error);
  return core::fail(
      core::Code::not_found,
      fmt::format("{} has no issuing authority: {}", layout.dir().string(), error.what),
      fmt::format("bring it back, or make one: wxsec certs init --dir {}",
                  core::shell_word(layout.dir().string())));
}

core::Failure no_key(const Layout& layout, const core::Error& error) {
  if (error.code != core::Code::not_found) return core::fail(error);
  return core::fail(
      core::Code::not_found,
      fmt::format("the authority of {} cannot sign: {}", layout.dir().string(), error.what),
      lost_key_hint(layout));
}

}  // namespace

bool may_sign_for(const pki::Certificate& issuing, const pki::AlternativeName& name) {
  if (!issuing.has_constraints) return true;
  const std::string host = host_in(name);
  if (host.empty()) return pki::permits(issuing.constraints, name);
  const auto asked = pki::parse_alternative_name(host);
  return asked && pki::permits(issuing.constraints, *asked);
}

core::Result<void> check_permitted(const std::vector<pki::AlternativeName>& names,
                                   const pki::Certificate& issuing) {
  for (const pki::AlternativeName& name : names) {
    if (may_sign_for(issuing, name)) continue;
    std::string allowed;
    for (const auto* list : {&issuing.constraints.dns, &issuing.constraints.networks})
      for (const std::string& item : *list) allowed += (allowed.empty() ? "" : ", ") + item;
    return core::fail(core::Code::usage,
                      fmt::format("this authority may not sign for {}: its name constraints permit "
                                  "only {}",
                                  core::escape_terminal(pki::to_text(name)), allowed),
                      "use a name below these, or init another directory with --domain");
  }
  return {};
}

std::string lost_key_hint(const Layout& layout) {
  return fmt::format(
      "bring the key back from where it is kept; where it is lost, have a new authority take over: "
      "wxsec certs rotate-ca --dir {}",
      core::shell_word(layout.dir().string()));
}

core::Result<pki::Key> load_authority_key(const core::Path& path,
                                          const core::Passphrase& passphrase) {
  auto key = pki::Key::load(path, passphrase.secret);
  if (key) return key;
  core::Error error = core::trace_passphrase(key.error(), passphrase);
  if (error.code == core::Code::crypto && passphrase.empty())
    error.hint =
        "give it with --ca-passphrase-file FILE, --ca-passphrase-fd N, --ca-passphrase-env NAME or "
        "$WXSEC_CA_PASSPHRASE; at a terminal it is asked for";
  if (error.code == core::Code::not_found)
    error.hint = "the key was moved away: bring it back for this, and take it away again";
  return core::fail(std::move(error));
}

core::Result<Authority> load_authority(const Layout& layout, const core::Passphrase& passphrase) {
  const auto root = pki::load_certificates(layout.root().cert);
  if (!root) return no_authority(layout, root.error());
  const auto issuing = pki::load_certificates(layout.issuing().cert);
  if (!issuing) return no_authority(layout, issuing.error());
  const auto key = load_authority_key(layout.issuing().key, passphrase);
  if (!key) return no_key(layout, key.error());
  auto issuer = WXSEC_TRY(pki::Issuer::create(issuing->front(), *key));
  return Authority{root->front(), std::move(issuer)};
}

std::string domain_of(const pki::Certificate& issuing) {
  for (const std::string& domain : issuing.constraints.dns)
    if (domain != "localhost") return domain;
  return {};
}

std::vector<pki::AlternativeName> default_names(std::string_view name, const Profile& profile,
                                                const pki::Certificate& issuing) {
  using pki::NameKind;
  const std::string domain = domain_of(issuing);
  const bool station = profile.name == "station";
  std::vector<pki::AlternativeName> names{
      {NameKind::dns, below(name, station && !domain.empty() ? "stations." + domain : domain)}};
  if (!profile.server) return names;
  names.push_back({NameKind::dns, "localhost"});
  names.push_back({NameKind::ip, "127.0.0.1"});
  names.push_back({NameKind::ip, "::1"});
  for (const std::string& network : issuing.constraints.networks) {
    const std::string_view address = std::string_view(network).substr(0, network.find('/'));
    const bool single = network.ends_with("/32") || network.ends_with("/128");
    if (single && address != "::1") names.push_back({NameKind::ip, std::string(address)});
  }
  return names;
}

pki::CertificateSpec leaf_spec(const LeafRequest& request, const pki::Certificate& issuing) {
  pki::CertificateSpec spec;
  spec.common_name = common_name_of(request, issuing);
  spec.names = request.names;
  spec.server = request.profile.server;
  spec.client = request.profile.client;
  set_validity(spec, request.profile.lifetime, request.now);
  spec.not_after = std::min(spec.not_after, issuing.not_after);
  build_in(request.profile.fault, request, issuing, spec);
  return spec;
}

core::Result<pki::Certificate> certify(const LeafRequest& request, const pki::Issuer& issuer,
                                       const pki::Key& key) {
  WXSEC_TRY(check_may_sign(request, issuer.certificate()));
  return issuer.issue(leaf_spec(request, issuer.certificate()), key.public_key());
}

core::Result<Pair> make_leaf(const LeafRequest& request, const Authority& authority) {
  WXSEC_TRY(check_may_sign(request, authority.issuing()));
  const bool weak = request.profile.fault == Fault::weak_key;
  std::optional<pki::Key> made;
  if (request.key == nullptr)
    made = WXSEC_TRY(pki::Key::generate(weak ? pki::KeyType::rsa1024 : request.profile.key));
  const pki::Key& key = request.key == nullptr ? *made : *request.key;
  const pki::CertificateSpec spec = leaf_spec(request, authority.issuing());
  auto chain = WXSEC_TRY(sign(request.profile.fault, spec, key, authority));
  return Pair{std::move(chain), key.to_pem()};
}

}  // namespace wxsec::certs
