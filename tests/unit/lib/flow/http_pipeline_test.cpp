// Many requests that do not wait for their answers: which response belongs to which.
#include <doctest/doctest.h>

#include "lib/flow/pending_requests.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

std::string request(std::string_view method, int number) {
  return std::string(method) + " /" + std::to_string(number) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
std::string answer(int number, bool body = true) {
  const std::string text = std::to_string(1000 + number);
  return "HTTP/1.1 200 OK\r\nETag: " + std::to_string(number) + "\r\nContent-Length: 4\r\n\r\n" +
         (body ? text : "");
}

constexpr std::int64_t kQuickly = 1'000'000;  // from packet to packet
constexpr std::int64_t kSlowly = 200'000'000;
constexpr std::int64_t kVerySlowly = 5'000'000'000;

// What the responses were said to answer, by the number that each names.
struct Told {
  int responses = 0;
  int targets = 0;
  int wrong = 0;
  std::vector<std::string> methods;

  explicit Told(const TalkBuilder& talk, std::int64_t step_ns = kQuickly) {
    talk.run(
        [this](const Event& event) {
          const auto* const http = std::get_if<HttpMessage>(&event.what);
          if (http == nullptr || http->head->request) return;
          ++responses;
          methods.emplace_back(http->request_method);
          if (http->request_target.empty()) return;
          ++targets;
          const auto number = http->head->field("etag");
          if (http->request_target.substr(1) != number) ++wrong;
          if (!http->body.empty() &&
              core::as_text(http->body) != std::to_string(1000 + std::stoi(std::string(number))))
            ++wrong;
        },
        step_ns);
  }
};

}  // namespace

TEST_CASE("flow/http_pipeline: beyond what is remembered no response is taken for another's") {
  TalkBuilder talk;
  std::string asked;
  for (int i = 0; i < 300; ++i) asked += request("GET", i);
  talk.client(asked);
  std::string answers;
  for (int i = 0; i < 200; ++i) answers += answer(i);
  talk.server(answers);
  asked.clear();
  for (int i = 300; i < 320; ++i) asked += request("HEAD", i);
  talk.client(asked);
  answers.clear();
  for (int i = 200; i < 320; ++i) answers += answer(i, i < 300);
  talk.server(answers).client(request("GET", 400)).server(answer(400));
  const Told told(talk);
  CHECK(told.responses == 321);
  CHECK(told.wrong == 0);
  CHECK(told.targets == 257);
  CHECK(told.methods[299] == "GET");
  CHECK(told.methods[300] == "HEAD");
  CHECK(told.methods[319] == "HEAD");
  CHECK(told.methods[320] == "GET");
}

TEST_CASE("flow/http_pipeline: a loss among very many leaves the later ones in doubt") {
  TalkBuilder talk;
  for (int i = 0; i < 400; ++i)
    i == 350 ? talk.lost_client(request("GET", i)) : talk.client(request("GET", i));
  for (int i = 0; i < 400; ++i) talk.server(answer(i));
  const Told told(talk);
  CHECK(told.responses == 400);
  CHECK(told.wrong == 0);
  CHECK(told.targets == 256);
  CHECK(told.methods[340] == "GET");
  CHECK(told.methods[399].empty());
}

TEST_CASE("flow/http_pipeline: memory for requests is bounded, and the order is then in doubt") {
  PendingRequests pending;
  proto::HttpHead head;
  head.request = true;
  head.method = "HEAD";
  head.target = "/x";
  for (int i = 0; i < 200'000; ++i) pending.add(head, 1, 0);
  CHECK(pending.held() < 256 * 1024);
  proto::HttpHead response;
  response.status = 200;
  int known = 0;
  for (int i = 0; i < 200'000; ++i)
    known += pending.take(response, PendingRequests::Asked::seen_whole, 0).method.empty() ? 0 : 1;
  CHECK(known == 256 + 64 * 1024);
}

namespace {

// Requests and their answers by turns, from number `first` on.
void by_turns(TalkBuilder& talk, int first, int last) {
  for (int i = first; i < last; ++i) talk.client(request("GET", i)).server(answer(i));
}

}  // namespace

TEST_CASE("flow/http_pipeline: one answer before its request leaves the others with theirs") {
  for (const std::string method : {"GET", "HEAD"}) {
    for (const int at : {0, 2}) {
      CAPTURE(method);
      CAPTURE(at);
      TalkBuilder talk;
      by_turns(talk, 0, at);
      talk.server(answer(at, method == "GET")).client(request(method, at));
      by_turns(talk, at + 1, 6);
      const Told told(talk);
      CHECK(told.responses == 6);
      CHECK(told.targets == 5);
      CHECK(told.wrong == 0);
    }
  }
}

TEST_CASE("flow/http_pipeline: of answers that always come first nothing wrong is said") {
  TalkBuilder talk;
  for (int i = 0; i < 6; ++i) talk.server(answer(i)).client(request("GET", i));
  by_turns(talk, 6, 8);
  const Told told(talk);
  CHECK(told.responses == 8);
  CHECK(told.targets == 2);
  CHECK(told.wrong == 0);
}

TEST_CASE("flow/http_pipeline: a CONNECT whose answer came before it opens a tunnel") {
  TalkBuilder talk;
  talk.server("HTTP/1.1 200 Connection established\r\n\r\n");
  talk.client("CONNECT a:1883 HTTP/1.1\r\nHost: a\r\n\r\n").client(test::mqtt_connect());
  bool seen = false;
  talk.run(
      [&](const Event& event) { seen = seen || std::holds_alternative<MqttMessage>(event.what); });
  CHECK(seen);
}

TEST_CASE("flow/http_pipeline: what no request asks for is no debt where that is normal") {
  for (const std::string unasked :
       {"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n"}) {
    CAPTURE(unasked);
    TalkBuilder talk;
    talk.server(unasked);
    by_turns(talk, 0, 3);
    const Told told(talk);
    CHECK(told.targets == 3);
    CHECK(told.wrong == 0);
  }
}

TEST_CASE("flow/http_pipeline: what a server says unasked costs one claim, not all") {
  for (const std::int64_t step_ns : {kQuickly, kSlowly, kVerySlowly}) {
    CAPTURE(step_ns);
    TalkBuilder talk;
    talk.client(request("GET", 0)).server(answer(0));
    talk.server("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    by_turns(talk, 1, 5);
    const Told told(talk, step_ns);
    CHECK(told.targets == 4);
    CHECK(told.wrong == 0);
  }
}

TEST_CASE("flow/http_pipeline: a 400 that was captured before its request shifts no answers") {
  TalkBuilder talk;
  by_turns(talk, 0, 2);
  talk.server("HTTP/1.1 400 Bad Request\r\nETag: 2\r\nContent-Length: 0\r\n\r\n");
  talk.client(request("GET", 2));
  by_turns(talk, 3, 6);
  const Told told(talk);
  CHECK(told.targets == 4);  // which of 2 and 3 was answered next is in doubt
  CHECK(told.wrong == 0);
}

TEST_CASE("flow/http_pipeline: an answer to a request that was lost shifts no others") {
  TalkBuilder talk;
  talk.lost_client(request("POST", 9)).client(std::string(600, 'B')).server(answer(9));
  by_turns(talk, 0, 4);
  const Told told(talk, kSlowly);
  CHECK(told.targets == 3);
  CHECK(told.wrong == 0);
}

TEST_CASE("flow/http_pipeline: an answer to what was before the capture costs nothing") {
  for (const std::int64_t step_ns : {kQuickly, kSlowly, kVerySlowly}) {
    TalkBuilder talk;
    talk.client(request("GET", 9)).capture_begins().server(answer(9));
    by_turns(talk, 0, 4);
    const Told told(talk, step_ns);
    CHECK(told.responses == 5);
    CHECK(told.targets == 4);
    CHECK(told.wrong == 0);
  }
}

TEST_CASE("flow/http_pipeline: who sends several at once after the middle gets no wrong answer") {
  for (const std::string method : {"GET", "HEAD"}) {
    CAPTURE(method);
    TalkBuilder talk;
    talk.client(request("GET", 0)).capture_begins().server(answer(0));
    talk.client(request("GET", 1) + request("GET", 2)).server(answer(1));
    talk.client(request(method, 3)).server(answer(2));
    talk.client(request("GET", 4)).server(answer(3, method == "GET")).server(answer(4));
    by_turns(talk, 5, 8);
    const Told told(talk, kQuickly);
    CHECK(told.responses == 8);
    CHECK(told.wrong == 0);
  }
}

// The request behind the hole is read only when the hole is given up, and its answer before that.
TEST_CASE("flow/http_pipeline: answers to requests behind a hole shift no others") {
  for (const std::int64_t step_ns : {kQuickly, kSlowly, kVerySlowly}) {
    CAPTURE(step_ns);
    TalkBuilder talk;
    by_turns(talk, 0, 1);
    for (const int first : {1, 5}) {
      talk.client("POST /" + std::to_string(first) + " HTTP/1.1\r\nContent-Length: 8\r\n\r\nBODY");
      talk.lost_client("BODY").server(answer(first));
      by_turns(talk, first + 1, first + 4);
    }
    by_turns(talk, 9, 12);
    const Told told(talk, step_ns);
    CHECK(told.responses == 12);
    CHECK(told.targets >= 2);
    CHECK(told.wrong == 0);
  }
}
