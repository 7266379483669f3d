#include "src/acme/account.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "src/acme/problem.h"

using namespace wxsec;
using namespace wxsec::acme;

namespace {

// A server that takes no new account, for the reason `type`.
core::Error refusal(std::string_view type, const ExternalAccount* external) {
  SessionOptions options;
  options.directory_url = "https://ca.test/dir";
  options.exchange = [type](const http::ClientRequest& request) {
    http::ClientResponse out;
    out.status = 200;
    out.headers = {{"replay-nonce", "n1"}};
    out.body =
        R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a","newOrder":"https://ca.test/o"})";
    if (request.url.path != "/a") return core::Result<http::ClientResponse>(std::move(out));
    out.status = 403;
    out.body = fmt::format(R"({{"type":"urn:ietf:params:acme:error:{}","detail":"no"}})", type);
    return core::Result<http::ClientResponse>(std::move(out));
  };
  auto session = Session::open(std::move(options), core::system_clock()).value();
  const auto dir = core::TempDirectory::create("wxsec-account-").value();
  AccountOptions account;
  account.folder = dir.path() / "account";
  account.external = external;
  return open_account(session, account).error();
}

}  // namespace

TEST_CASE("acme/account: an external account that does not fit is named, not DNS or the URL") {
  const ExternalAccount external{"kid-1", core::Secret("0123456789abcdef")};
  for (const std::string_view type : {"unauthorized", "malformed", "externalAccountRequired"}) {
    INFO(type);
    const core::Error error = refusal(type, &external);
    CHECK(error.code == core::Code::denied);
    CHECK(error.hint.find("--eab-kid") != std::string::npos);
    CHECK(error.hint.find("--eab-key-file") != std::string::npos);
    CHECK(error.hint.find("HMAC") != std::string::npos);
    CHECK(error.hint.find("A and AAAA") == std::string::npos);
  }
  CHECK(refusal("rateLimited", &external).hint == remedy_of("rateLimited"));
  CHECK(refusal("unauthorized", nullptr).hint == remedy_of("unauthorized"));
}
