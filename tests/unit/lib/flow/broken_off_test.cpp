// Messages that a hole or the snap length cuts: their beginning is told, and as what it is.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/flow/engine.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

std::string note_of(const HttpMessage& http) {
  std::string out = http.head->request ? std::string(http.head->target)
                                       : std::to_string(http.head->status) + " to " +
                                             std::string(http.request_target);
  return out + (http.incomplete ? " cut" : "");
}

std::string notes_of(const TalkBuilder& talk) {
  Notes notes;
  talk.run([&](const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what)) {
      notes.emplace_back(proto::mqtt_type_name(a->packet->type));
    } else if (const auto* b = std::get_if<HttpMessage>(&event.what)) {
      notes.push_back(note_of(*b));
    } else if (const auto* c = std::get_if<MqttProblem>(&event.what)) {
      notes.push_back("problem " + std::string(proto::mqtt_type_name(c->type)) + " " +
                      std::to_string(c->raw.size()));
    } else if (const auto* d = std::get_if<UnknownData>(&event.what)) {
      notes.push_back("data " + std::string(core::as_text(d->bytes)));
    }
  });
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abcdefgh\r\n\r\n";
}
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("flow/broken_off: an MQTT packet whose end is lost is told as broken") {
  const std::string connect = test::mqtt_connect();
  TalkBuilder talk;
  talk.client(connect.substr(0, 20)).lost_client(connect.substr(20));
  talk.client(test::mqtt_publish("wx/a")).client(test::mqtt_publish("wx/b"));
  CHECK(notes_of(talk) == "problem connect 20, publish, publish");
}

TEST_CASE("flow/broken_off: an HTTP head whose end is lost is told as far as it goes") {
  const std::string first = get("/1?password=hunter22");
  for (const std::size_t kept : {first.size() - 1, first.size() - 10, first.find('\n') + 1}) {
    CAPTURE(kept);
    TalkBuilder talk;
    talk.client(first.substr(0, kept)).lost_client(first.substr(kept));
    talk.client(get("/2")).client(get("/3"));
    CHECK(notes_of(talk) == "/1?password=hunter22 cut, /2, /3");
  }
}

TEST_CASE("flow/broken_off: a head without a whole first line is no message") {
  TalkBuilder talk;
  talk.client(get("/1")).server(kOk).client("GET /2?passw").lost_client("ord=x HTTP/1.1\r\n\r\n");
  talk.client(get("/3"));
  CHECK(notes_of(talk) == "/1, 200 to /1, /3");
  TalkBuilder first;
  first.client("GET /1?password=hunter22").lost_client(" HTTP/1.1\r\n\r\n").client(get("/2"));
  CHECK(notes_of(first) == "data GET /1?password=hunter22, /2");
}

TEST_CASE("flow/broken_off: an answer that breaks off answers its request, and the next one not") {
  TalkBuilder talk;
  talk.client(get("/1")).server(kOk.substr(0, 30)).lost_server(kOk.substr(30));
  talk.server(kOk).client(get("/2")).server(kOk);
  CHECK(notes_of(talk) == "/1, /2, 200 to /1 cut, 200 to , 200 to ");
}
