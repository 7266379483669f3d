// HTTP on a connection: what is not in the capture must not be made up, nor what is there be lost.
#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/support/talk_builder.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

// "GET /a", "200 to GET /a: body", with "~" behind what is incomplete and "..." if truncated.
Notes notes(const TalkBuilder& talk, std::int64_t step_ns = 200'000'000) {
  Notes out;
  talk.run(
      [&](const Event& event) {
        const auto* const http = std::get_if<HttpMessage>(&event.what);
        if (http == nullptr) return;
        std::string text = http->head->request ? std::string(http->head->method) + " " +
                                                     std::string(http->head->target)
                                               : std::to_string(http->head->status);
        if (!http->request_method.empty())
          text +=
              " to " + std::string(http->request_method) + " " + std::string(http->request_target);
        if (!http->body.empty()) text += ": " + std::string(core::as_text(http->body));
        out.push_back(text + (http->truncated ? "..." : "") + (http->incomplete ? "~" : ""));
      },
      step_ns);
  return out;
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}
std::string post(std::string_view fields, std::string_view body) {
  return "POST /p HTTP/1.1\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string gzip(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  const core::Bytes input = core::to_bytes(core::as_bytes(text));
  z.next_in = const_cast<Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}
std::string sized(std::string_view fields, const std::string& body) {
  return post(std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n",
              body);
}

}  // namespace

TEST_CASE("flow/http: a body ends where bytes of it are missing, however much follows") {
  const std::string head = "POST /p HTTP/1.1\r\nContent-Length: 30\r\n\r\n";
  TalkBuilder talk;
  talk.client(head + "0123456789").lost_client("0123456789").client("0123456789");
  talk.client(get("/next"));
  CHECK(notes(talk) == Notes{"POST /p: 0123456789~", "GET /next"});
  // Until the connection ends; and a compressed one, as far as it can be undone.
  TalkBuilder close;
  close.client(get("/a")).server("HTTP/1.1 200 OK\r\n\r\none ").lost_server("two ").server("three");
  CHECK(notes(close) == Notes{"GET /a", "200 to GET /a: one ~"});
}

TEST_CASE("flow/http: what is behind a gap is kept apart") {
  TalkBuilder talk;
  talk.client("POST /p HTTP/1.1\r\nContent-Length: 12\r\n\r\naaa").lost_client("bbb");
  talk.client("ccc").client("ddd").server(ok(""));
  std::string behind;
  talk.run([&](const Event& event) {
    const auto* const http = std::get_if<HttpMessage>(&event.what);
    if (http == nullptr || !http->head->request) return;
    CHECK(core::as_text(http->body) == "aaa");
    CHECK(http->body_size == 12);
    CHECK(core::as_text(http->raw).ends_with("\r\n\r\naaa"));
    for (const core::ByteView part : http->behind_gaps)
      behind += "[" + std::string(core::as_text(part)) + "]";
  });
  CHECK(behind == "[cccddd]");
}

TEST_CASE("flow/http: after a lost response no other one is taken for it") {
  for (const std::int64_t step : {200'000'000, 1'000}) {
    CAPTURE(step);
    TalkBuilder talk;
    talk.client(get("/0")).server(ok("0"));
    talk.client("HEAD /a HTTP/1.1\r\n\r\n")
        .lost_server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    for (int i = 1; i < 20; ++i) {
      const std::string name = std::to_string(i);
      talk.client(get("/" + name)).server(ok(name));
    }
    std::size_t claimed = 0;
    for (const std::string& note : notes(talk, step)) {
      if (note.find("200 to") == std::string::npos) continue;
      ++claimed;
      const std::string body = note.substr(note.find(": ") + 2);
      CHECK(note == "200 to GET /" + body + ": " + body);
    }
    CHECK(claimed >= 8);  // the order becomes clear again
  }
}

TEST_CASE("flow/http: after a lost request no response is taken for another one's") {
  for (const std::int64_t step : {200'000'000, 1'000}) {
    CAPTURE(step);
    TalkBuilder talk;
    talk.client(get("/0")).server(ok("0"));
    talk.lost_client(get("/lost")).server(ok("lost"));
    for (int i = 1; i < 20; ++i) {
      const std::string name = std::to_string(i);
      talk.client(get("/" + name)).server(ok(name));
    }
    std::size_t claimed = 0;
    for (const std::string& note : notes(talk, step)) {
      if (note.find("200 to") == std::string::npos) continue;
      ++claimed;
      const std::string body = note.substr(note.find(": ") + 2);
      CHECK(note == "200 to GET /" + body + ": " + body);
    }
    CHECK(claimed >= 8);
  }
}

TEST_CASE("flow/http: the first response of a connection is lost") {
  TalkBuilder talk;
  talk.client(get("/a")).lost_server(ok("a")).client(get("/b")).server(ok("b"));
  CHECK(notes(talk) == Notes{"GET /a", "GET /b", "200: b"});
}

TEST_CASE("flow/http: pipelined requests, one answer lost: no claim rather than a wrong one") {
  TalkBuilder talk;
  std::string all;
  for (int i = 0; i < 10; ++i) all += get("/" + std::to_string(i));
  talk.client(all).server(ok("0")).server(ok("1")).lost_server(ok("2") + ok("3"));
  for (int i = 4; i < 10; ++i) talk.server(ok(std::to_string(i)));
  std::size_t responses = 0;
  for (const std::string& note : notes(talk)) {
    if (!note.starts_with("200")) continue;
    ++responses;
    if (note.find(" to ") == std::string::npos) continue;
    const std::string body = note.substr(note.find(": ") + 2);
    CHECK(note == "200 to GET /" + body + ": " + body);
  }
  CHECK(responses == 8);
}

TEST_CASE("flow/http: the answer to an unknown request may be a HEAD's") {
  TalkBuilder talk;
  talk.server("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  talk.server("HTT").server("P/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").server(ok("yes"));
  CHECK(notes(talk) == Notes{"200", "404: no", "200: yes"});
  TalkBuilder together;
  together.server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok("yes"));
  CHECK(notes(together) == Notes{"200", "200: yes"});
}

TEST_CASE("flow/http: empty lines before the first request, long lines, many and long fields") {
  CHECK(notes(TalkBuilder().client("\r\n" + get("/a"))) == Notes{"GET /a"});
  CHECK(notes(TalkBuilder().client("\r").client("\n\r\n" + get("/a"))) == Notes{"GET /a"});
  const std::string line = "/" + std::string(60'000, 'a');
  CHECK(notes(TalkBuilder().client(get(line))) == Notes{"GET " + line});
  std::string fields;
  for (int i = 0; i < 3000; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  const std::string many = "GET /m HTTP/1.1\r\n" + fields + "Last: z\r\n\r\n";
  std::string last;
  TalkBuilder().client(many).run([&](const Event& event) {
    if (const auto* const http = std::get_if<HttpMessage>(&event.what))
      last = http->head->field("last");
  });
  CHECK(last == "z");
}

TEST_CASE("flow/http: of a head that never ends the beginning is told") {
  const std::string head = "GET /big HTTP/1.1\r\nX: " + std::string(200'000, 'y');
  TalkBuilder talk;
  talk.client(head).client("\r\n\r\n").client(get("/next"));
  CHECK(notes(talk) == Notes{"GET /big~", "GET /next"});
}

TEST_CASE("flow/http: a slow head is read once, not again with every byte") {
  // 5,000 packets of one byte: without care that is 5,000 times up to 5,000 bytes.
  std::string head = "GET /slow HTTP/1.1\r\n";
  while (head.size() < 5000) head += "a:b\r\n";
  TalkBuilder talk;
  for (const char c : head + "\r\n") talk.client(std::string(1, c));
  CHECK(notes(talk) == Notes{"GET /slow"});
}

TEST_CASE("flow/http: the same field on several lines is one list") {
  const std::string body = gzip("{\"a\":1}");
  char size[16];
  std::snprintf(size, sizeof(size), "%zx", body.size());
  const std::string chunked = std::string(size) + "\r\n" + body + "\r\n0\r\n\r\n";
  TalkBuilder transfer;
  transfer.client(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunked) +
                  get("/b"));
  CHECK(notes(transfer) == Notes{"POST /p: {\"a\":1}", "GET /b"});
  TalkBuilder content;
  content.client(sized("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", body));
  CHECK(notes(content) == Notes{"POST /p: {\"a\":1}"});
}

TEST_CASE("flow/http: Content-Length more than once, and one that is no number") {
  for (const char* fields :
       {"Content-Length: 5, 5\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n"})
    CHECK(notes(TalkBuilder().client(post(fields, "hello") + get("/b"))) ==
          Notes{"POST /p: hello", "GET /b"});
  for (const char* fields : {"Content-Length: +5\r\n", "Content-Length: 5, 6\r\n",
                             "Content-Length: 5\r\nContent-Length: 7\r\n"})
    CHECK(notes(TalkBuilder().client(post(fields, "hello") + get("/b"))) ==
          Notes{"POST /p: hello~", "GET /b"});
}

TEST_CASE("flow/http: all members of a gzip body are inflated") {
  CHECK(notes(TalkBuilder().client(
            sized("Content-Encoding: gzip\r\n", gzip("one ") + gzip("") + gzip("two")))) ==
        Notes{"POST /p: one two"});
}

TEST_CASE("flow/http: methods are tokens") {
  CHECK(notes(TalkBuilder().client("M-SEARCH * HTTP/1.1\r\n\r\n")) == Notes{"M-SEARCH *"});
  CHECK(notes(TalkBuilder().client("get /a HTTP/1.0\r\n\r\n")) == Notes{"get /a"});
}

TEST_CASE("flow/http: what inflating makes is bounded for a connection, not only for a message") {
  const std::string bomb = sized("Content-Encoding: gzip\r\n", gzip(std::string(250'000, 'a')));
  TalkBuilder talk;
  for (int i = 0; i < 400; ++i) talk.client(bomb);
  std::uint64_t made = 0;
  std::uint64_t seen = 0;
  std::size_t whole = 0;
  std::size_t cut = 0;
  talk.run([&](const Event& event) {
    const auto* const http = std::get_if<HttpMessage>(&event.what);
    if (http == nullptr) return;
    (http->truncated ? cut : whole) += 1;
    if (http->body.size() > 10'000) made += http->body.size();
    seen = event.flow->bytes[0];
  });
  CHECK(whole + cut == 400);
  CHECK(whole > 50);
  CHECK(cut > 200);
  CHECK(made <= (std::uint64_t{16} << 20) + 32 * seen);
}
