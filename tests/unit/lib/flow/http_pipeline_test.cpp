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

// What the responses were said to answer, by the number that each names.
struct Told {
  int responses = 0;
  int targets = 0;
  int wrong = 0;
  std::vector<std::string> methods;

  explicit Told(const TalkBuilder& talk) {
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
        1'000'000);
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
  for (int i = 0; i < 200'000; ++i) pending.add(head, 1);
  CHECK(pending.held() < 256 * 1024);
  proto::HttpHead response;
  response.status = 200;
  int known = 0;
  for (int i = 0; i < 200'000; ++i) known += pending.take(response).method.empty() ? 0 : 1;
  CHECK(known == 256 + 64 * 1024);
}
