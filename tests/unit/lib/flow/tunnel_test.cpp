// What a client says behind an HTTP CONNECT, before or after the answer, or where that is missing.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/flow/engine.h"
#include "tests/support/talk_builder.h"
#include "tests/support/tls_talk.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

Notes notes_of(const TalkBuilder& talk) {
  Notes notes;
  talk.run([&](const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what)) {
      notes.emplace_back(proto::mqtt_type_name(a->packet->type));
    } else if (const auto* b = std::get_if<HttpMessage>(&event.what)) {
      notes.push_back(b->head->request ? std::string(b->head->method)
                                       : std::to_string(b->head->status));
    } else if (std::holds_alternative<TlsClientHelloSeen>(event.what)) {
      notes.emplace_back("hello");
    } else if (std::holds_alternative<Gap>(event.what)) {
      notes.emplace_back("gap");
    } else if (const auto* c = std::get_if<UnknownData>(&event.what)) {
      notes.push_back("data " + std::string(core::as_text(c->bytes)));
    }
  });
  return notes;
}

const std::string kConnect = "CONNECT broker:1883 HTTP/1.1\r\nHost: broker\r\n\r\n";
const std::string kGranted = "HTTP/1.1 200 Connection established\r\n\r\n";
const std::string kRefused =
    "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno";
const std::string kGet = "GET /in HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kConnack("\x20\x02\0\0", 4);
std::string hello() { return test::tls_record(22, test::client_hello({})); }

}  // namespace

TEST_CASE("flow/tunnel: what comes before the answer goes into the tunnel") {
  TalkBuilder mqtt;
  mqtt.client(kConnect).client(test::mqtt_connect()).client(test::mqtt_publish("wx/a"));
  mqtt.server(kGranted).server(kConnack).client(test::mqtt_publish("wx/b"));
  CHECK(notes_of(mqtt) == Notes{"CONNECT", "200", "connect", "publish", "connack", "publish"});
  TalkBuilder tls;
  tls.client(kConnect).client(hello()).server(kGranted);
  CHECK(notes_of(tls) == Notes{"CONNECT", "200", "hello"});
  TalkBuilder unknown;
  unknown.client(kConnect).client("USER me\r\nPASS hunter22\r\n").server(kGranted);
  CHECK(notes_of(unknown) == Notes{"CONNECT", "200", "data USER me\r\nPASS hunter22\r\n"});
}

TEST_CASE("flow/tunnel: where the proxy refuses, HTTP goes on") {
  TalkBuilder talk;
  talk.client(kConnect).client(kConnect).server(kRefused).client(test::mqtt_connect());
  talk.server(kGranted);
  CHECK(notes_of(talk) == Notes{"CONNECT", "407", "CONNECT", "200", "connect"});
}

TEST_CASE("flow/tunnel: without an answer the bytes themselves tell") {
  TalkBuilder never;
  never.client(kConnect).client(test::mqtt_connect());
  CHECK(notes_of(never) == Notes{"CONNECT", "connect"});
  TalkBuilder lost;
  lost.client(kConnect).lost_server(kGranted).client(hello()).server(kConnack).server(kConnack);
  const Notes notes = notes_of(lost);
  CHECK(std::count(notes.begin(), notes.end(), "hello") == 1);
  TalkBuilder proxy;
  proxy.client(kConnect).client(kGet);
  CHECK(notes_of(proxy) == Notes{"CONNECT", "GET"});
}

TEST_CASE("flow/tunnel: a hole before the answer is a hole in the tunnel") {
  TalkBuilder talk;
  talk.client(kConnect).client(test::mqtt_connect()).lost_client(test::mqtt_publish("wx/a"));
  talk.client(test::mqtt_publish("wx/b")).client(test::mqtt_publish("wx/c")).server(kGranted);
  const Notes notes = notes_of(talk);
  CHECK(std::count(notes.begin(), notes.end(), "connect") == 1);
  CHECK(std::count(notes.begin(), notes.end(), "publish") == 2);
}

TEST_CASE("flow/tunnel: what is held is bounded") {
  TalkBuilder talk;
  std::string many;
  for (int i = 0; i < 6000; ++i) many += kConnect;
  talk.client(kConnect).client(many).server(kGranted);
  const Notes notes = notes_of(talk);
  CHECK(std::count(notes.begin(), notes.end(), "CONNECT") == 6001);
}

TEST_CASE("flow/tunnel: behind several CONNECTs without an answer all is told") {
  TalkBuilder talk;
  talk.client(kConnect).client(kConnect).client(kConnect + kGet);
  CHECK(notes_of(talk) == Notes{"CONNECT", "CONNECT", "CONNECT", "GET"});
}

TEST_CASE("flow/tunnel: where the proxy refuses, what is held behind a hole is sought again") {
  TalkBuilder talk;
  talk.client(kConnect).client(kGet.substr(0, 20)).lost_client(kGet.substr(20));
  talk.client("rest of something\r\n\r\n" + kGet + kGet).server(kRefused).client(kGet);
  const Notes notes = notes_of(talk);
  CHECK(std::count(notes.begin(), notes.end(), "GET") >= 3);
}
