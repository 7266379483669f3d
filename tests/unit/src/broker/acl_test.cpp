#include "src/broker/acl.h"

#include <doctest/doctest.h>

using namespace wxsec;

TEST_CASE("broker/acl: the list is the table of PROTOCOL.md section 2") {
  const auto text = broker::acl_text(broker::Settings{});
  REQUIRE(text);
  CHECK(*text ==
        "# Who may say and hear what. %u is the name in the client's certificate.\n"
        "# What no line allows is refused.\n"
        "\n"
        "# A station speaks for itself alone, and hears what is meant for it.\n"
        "pattern write wx/%u/reading\n"
        "pattern write wx/%u/status\n"
        "pattern read wx/%u/cmd\n"
        "pattern read wx/%u/stored\n"
        "\n"
        "user ingest\n"
        "topic deny wx/ingest/#\n"
        "topic read wx/+/reading\n"
        "topic read wx/+/status\n"
        "topic write wx/+/stored\n"
        "\n"
        "user operator\n"
        "topic deny wx/operator/#\n"
        "topic read wx/#\n"
        "topic write wx/+/cmd\n");
}

TEST_CASE("broker/acl: a name cannot bring lines or wildcards of its own") {
  for (const char* name : {"", "a\ntopic readwrite #", "+", "a/b", "#", " a", "a "}) {
    broker::Settings settings;
    settings.reader = name;
    const auto text = broker::acl_text(settings);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == core::Code::usage);
  }
}
