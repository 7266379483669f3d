#include "src/acme/stored_hook.h"

#include <doctest/doctest.h>

using namespace wxsec;
using namespace wxsec::acme;

TEST_CASE("acme/stored_hook: what certbot wrote comes out as it went in") {
  const std::string top = "version = 2.1.0\nrenew_hook = not this\n[renewalparams]\nserver = x\n";
  CHECK(renew_hook_in(top + "renew_hook = /usr/bin/wxsec certs acme hook --dir /a\n").value() ==
        "/usr/bin/wxsec certs acme hook --dir /a");
  CHECK(renew_hook_in(top + "renew_hook = \"a, b\"").value() == "a, b");
  CHECK(renew_hook_in(top + "renew_hook = '''a \"b\" 'c'\n'''").has_value());
  CHECK(renew_hook_in(top + "renew_hook = 'a b' --x 'c d'\n").value() == "'a b' --x 'c d'");
  CHECK_FALSE(renew_hook_in(top).has_value());
  CHECK_FALSE(renew_hook_in(top + "renew_hook = None\n").has_value());
  CHECK_FALSE(renew_hook_in(top + "[[other]]\nrenew_hook = x\n").has_value());
  CHECK_FALSE(renew_hook_in("").has_value());
}

TEST_CASE("acme/stored_hook: where our own hook keeps its status, and that others keep none") {
  CHECK(parse_stored_hook("/x/wxsec certs acme hook --group g --dir '/a b' --reload pid:2").dir ==
        "/a b");
  CHECK(parse_stored_hook("/x/wxsec certs acme hook --dir=/a\\ b").dir == "/a b");
  CHECK(parse_stored_hook("/x/wxsec certs acme hook --dir").dir.empty());
  CHECK(parse_stored_hook("systemctl reload mosquitto --dir /a").dir.empty());
  CHECK(parse_stored_hook("").dir.empty());
}

TEST_CASE("acme/stored_hook: it is run as certbot runs it, and its failure is told in one line") {
  const auto dir = core::TempDirectory::create("hook").value();
  const std::string file = (dir.path() / "seen").string();
  CHECK(
      run_stored_hook(parse_stored_hook("echo $RENEWED_LINEAGE >" + file), "/etc/x", "a.wx.test"));
  CHECK(core::read_file(file, 100).value() == "/etc/x/live/a.wx.test\n");
  const auto failed =
      run_stored_hook(parse_stored_hook("echo one; echo two >&2; exit 3"), "/etc/x", "a");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == core::Code::child_failed);
  CHECK(failed.error().what == "its deploy hook failed with exit 3: one / two");
  CHECK(run_stored_hook(parse_stored_hook("exit 1"), "/etc/x", "a").error().what ==
        "its deploy hook failed with exit 1");
}
