// An order moves through these states, and each arrow is a request of ours or a wait:
//
//     pending --(challenges answered)--> ready --(finalize: CSR)--> processing --> valid
//        \___________________________________________________________/
//                                  any failure: invalid
//
// Of each name's authorization, one challenge is answered: first all answers are made ready, then
// the server is told of all, then we wait for all, so that ten names take hardly longer than one.
#include "src/acme/issuance.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/pki/csr.h"
#include "lib/pki/pem.h"
#include "src/acme/headers.h"
#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

using core::Code;
using nlohmann::ordered_json;

constexpr std::size_t kMaxChain = 10;
constexpr int kMaxPolls = 400;

// One name that is still to be proven.
struct Proof {
  std::string name;
  std::string authorization_url;
  Challenge challenge;
};

struct Opened {
  std::string url;
  Order order;
};

struct Conversation {
  Session& session;
  const OrderRequest& request;
  std::string what;  // "order for broker.wx.test"
};

std::string order_payload(const OrderRequest& request) {
  ordered_json payload = ordered_json::object();
  for (const std::string& name : request.names)
    payload["identifiers"].push_back({{"type", "dns"}, {"value", name}});
  if (!request.profile.empty()) payload["profile"] = request.profile;
  if (!request.replaces.empty()) payload["replaces"] = request.replaces;
  return payload.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

core::Result<Opened> open_order(Conversation& talk, std::string& problem_type) {
  Reply reply = WXSEC_TRY(talk.session.post(talk.session.directory().new_order,
                                            order_payload(talk.request), talk.what, &problem_type));
  std::string url = reply.header("Location");
  WXSEC_TRY(talk.session.check_url(url));
  Order order = WXSEC_TRY(parse_order(reply.response.body));
  return Opened{std::move(url), std::move(order)};
}

core::Failure no_such_challenge(const Authorization& authorization, std::string_view wanted) {
  std::string offered;
  for (const Challenge& each : authorization.challenges)
    offered += (offered.empty() ? "" : ", ") + core::escape_terminal(each.type.substr(0, 40));
  return core::fail(Code::unsupported,
                    fmt::format("the server offers no {} for {}, only: {}", wanted,
                                core::escape_terminal(authorization.name), offered),
                    "choose another with --challenge");
}

core::Result<void> collect_proof(Conversation& talk, const std::string& url,
                                 std::vector<Proof>& proofs) {
  const Reply reply = WXSEC_TRY(talk.session.post(url, "", "authorization"));
  const Authorization authorization = WXSEC_TRY(parse_authorization(reply.response.body));
  if (authorization.status == Status::valid) return {};  // proven not long ago
  const auto& names = talk.request.names;
  if (std::find(names.begin(), names.end(), authorization.name) == names.end())
    return core::fail(Code::protocol, fmt::format("the server wants proof for '{}', which is not "
                                                  "in the order",
                                                  core::escape_terminal(authorization.name)));
  const std::string_view wanted = challenge_text(talk.request.kind);
  for (const Challenge& challenge : authorization.challenges) {
    if (challenge.type != wanted || challenge.token.empty()) continue;
    proofs.push_back({authorization.name, url, challenge});
    return {};
  }
  return no_such_challenge(authorization, wanted);
}

core::Error challenge_failed(const Proof& proof, const Authorization& authorization) {
  const std::string doing = fmt::format("{} for {}", proof.challenge.type, proof.name);
  for (const Challenge& challenge : authorization.challenges)
    if (challenge.error) return to_error(*challenge.error, doing, std::nullopt);
  return {Code::denied,
          fmt::format("{}: the server found it {} and does not say why", doing,
                      status_text(authorization.status)),
          "look at the server's log if it is yours"};
}

core::Result<void> await_proof(Conversation& talk, const Proof& proof) {
  const std::string doing = fmt::format("{} for {}", proof.challenge.type, proof.name);
  for (int i = 0; i < kMaxPolls; ++i) {
    const Reply reply = WXSEC_TRY(talk.session.post(proof.authorization_url, "", doing));
    const Authorization now = WXSEC_TRY(parse_authorization(reply.response.body));
    if (now.status == Status::valid) return {};
    if (now.status != Status::pending && now.status != Status::processing)
      return core::fail(challenge_failed(proof, now));
    WXSEC_TRY(talk.session.wait(reply.retry_after, i, doing));
  }
  return core::fail(Code::timeout, fmt::format("{}: the server never decides", doing));
}

core::Result<void> prove_all(Conversation& talk, const Order& order, Responder& responder) {
  std::vector<Proof> proofs;
  for (const std::string& url : order.authorizations) WXSEC_TRY(collect_proof(talk, url, proofs));
  for (const Proof& proof : proofs)
    WXSEC_TRY(responder.prepare(proof.name, proof.challenge.token,
                                proof.challenge.token + "." + talk.request.thumbprint));
  for (const Proof& proof : proofs)
    WXSEC_TRY(talk.session.post(proof.challenge.url, "{}", "challenge for " + proof.name));
  for (const Proof& proof : proofs) WXSEC_TRY(await_proof(talk, proof));
  return {};
}

core::Error order_failed(const Conversation& talk, const Order& order) {
  if (order.error) return to_error(*order.error, talk.what, std::nullopt);
  return {Code::denied,
          fmt::format("{}: it became {} at the server, which does not say why", talk.what,
                      status_text(order.status)),
          ""};
}

// Until the order is in `wanted`, or past it.
core::Result<Order> await_order(Conversation& talk, const std::string& url, Status wanted) {
  for (int i = 0; i < kMaxPolls; ++i) {
    const Reply reply = WXSEC_TRY(talk.session.post(url, "", talk.what));
    Order order = WXSEC_TRY(parse_order(reply.response.body));
    if (order.status == wanted || order.status == Status::valid) return order;
    if (order.status == Status::invalid) return core::fail(order_failed(talk, order));
    WXSEC_TRY(talk.session.wait(reply.retry_after, i, talk.what));
  }
  return core::fail(Code::timeout, fmt::format("{}: the server never decides", talk.what));
}

core::Result<Order> finalise(Conversation& talk, const Opened& opened, const pki::Key& key) {
  Order order = WXSEC_TRY(await_order(talk, opened.url, Status::ready));
  if (order.status == Status::ready) {
    std::vector<pki::AlternativeName> names;
    for (const std::string& name : talk.request.names) names.push_back({pki::NameKind::dns, name});
    const core::Bytes csr = WXSEC_TRY(pki::make_csr(key, "", names));
    const std::string payload = fmt::format(R"({{"csr":"{}"}})", pki::encode_base64url(csr));
    WXSEC_TRY(talk.session.post(order.finalize, payload, talk.what));
    order = WXSEC_TRY(await_order(talk, opened.url, Status::valid));
  }
  if (!order.certificate.empty()) return order;
  return core::fail(Code::protocol, talk.what + ": the server tells no place of the certificate");
}

core::Result<std::vector<pki::Certificate>> parse_chain(const Reply& reply) {
  auto chain = pki::parse_certificates(reply.response.body);
  if (!chain)
    return core::fail(core::with_context(chain.error(), "the certificate that the server sent"));
  // Root certificates are the receiver's own business; some servers send them all the same.
  while (chain->size() > 1 && chain->back().self_issued) chain->pop_back();
  if (chain->size() <= kMaxChain) return chain;
  return core::fail(Code::protocol, "the server sent more certificates than any chain has");
}

// Of the chains that the server offers, the one whose top was issued by `wanted`, if any is.
core::Result<std::vector<pki::Certificate>> download(Conversation& talk, const std::string& url) {
  const Reply reply = WXSEC_TRY(talk.session.post(url, "", "certificate"));
  auto chain = WXSEC_TRY(parse_chain(reply));
  const std::string& wanted = talk.request.preferred_chain;
  if (wanted.empty() || chain.back().issuer_common_name == wanted) return chain;
  for (const auto& [name, value] : reply.response.headers) {
    if (!http::same_token(name, "Link")) continue;
    for (const Link& link : parse_links(value)) {
      if (link.relation != "alternate") continue;
      const Reply other = WXSEC_TRY(talk.session.post(link.target, "", "certificate"));
      auto alternate = WXSEC_TRY(parse_chain(other));
      if (alternate.back().issuer_common_name == wanted) return alternate;
    }
  }
  return core::fail(
      Code::not_found,
      fmt::format("the server offers no chain up to '{}'; its own choice ends at '{}'",
                  core::escape_terminal(wanted),
                  core::escape_terminal(chain.back().issuer_common_name)),
      "leave --preferred-chain out");
}

core::Failure unfit(std::string why) {
  return core::fail(Code::protocol, "the server's certificate cannot be used: " + std::move(why),
                    "nothing was installed; tell the authority");
}

// By what the two say of each other; whether the signature holds is for those who trust the root.
bool is_issued_by(const pki::Certificate& child, const pki::Certificate& parent) {
  const bool named = !child.authority_key_id.empty() && !parent.subject_key_id.empty();
  return child.issuer == parent.subject &&
         (!named || child.authority_key_id == parent.subject_key_id);
}

}  // namespace

core::Result<void> check_chain(const std::vector<pki::Certificate>& chain, const pki::Key& key,
                               const std::vector<std::string>& names, core::Instant now) {
  if (chain.empty()) return unfit("it sent none");
  const pki::Certificate& leaf = chain.front();
  if (!key.matches(leaf)) return unfit("it is for another key");
  for (const std::string& name : names)
    if (!pki::is_for_host(leaf, name)) return unfit(fmt::format("it is not for {}", name));
  // Clocks differ by some minutes; a certificate that starts in an hour is of no use now.
  if (leaf.not_before > now + std::chrono::minutes(10))
    return unfit(fmt::format("it is valid only from {} on (is this machine's clock right?)",
                             core::rfc3339(leaf.not_before)));
  if (leaf.not_after <= now)
    return unfit(fmt::format("it ended at {} (is this machine's clock right?)",
                             core::rfc3339(leaf.not_after)));
  for (std::size_t i = 0; i + 1 < chain.size(); ++i)
    if (!is_issued_by(chain[i], chain[i + 1])) return unfit("its chain does not hang together");
  return {};
}

core::Result<std::vector<pki::Certificate>> obtain_chain(Session& session,
                                                         const OrderRequest& request,
                                                         const pki::Key& key, Responder& responder,
                                                         std::string& problem_type) {
  Conversation talk{session, request, fmt::format("order for {}", fmt::join(request.names, ", "))};
  const Opened opened = WXSEC_TRY(open_order(talk, problem_type));
  if (opened.order.status == Status::invalid) return core::fail(order_failed(talk, opened.order));
  WXSEC_TRY(prove_all(talk, opened.order, responder));
  const Order done = WXSEC_TRY(finalise(talk, opened, key));
  auto chain = WXSEC_TRY(download(talk, done.certificate));
  WXSEC_TRY(check_chain(chain, key, request.names, session.clock().now()));
  return chain;
}

}  // namespace wxsec::acme
