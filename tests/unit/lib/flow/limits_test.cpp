// What strangers can make us keep: half-open connections, half-sent messages, holes that never
// fill.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/traffic.h"

using namespace wxsec;
using namespace wxsec::flow;

namespace {

// Feeds frames, and notes how much was ever held.
class Feed {
 public:
  explicit Feed(const EngineLimits& limits)
      : engine_(limits, [this](const Event& event) { note(event); }) {}

  void put(const test::FrameOptions& frame, std::int64_t step_ns = 1000) {
    const core::Bytes bytes = test::ethernet_v4(frame);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.time_ns = now_ += step_ns;
    packet.number = ++number_;
    engine_.take(std::span(&packet, 1));
    most_held = std::max(most_held, engine_.held());
  }
  const EngineCounters& counters() const { return engine_.counters(); }
  void finish() { engine_.finish(); }

  std::size_t most_held = 0;
  std::uint64_t messages = 0;
  std::uint64_t ended[5] = {};  // by Ending

 private:
  void note(const Event& event) {
    if (std::holds_alternative<FlowEnd>(event.what))
      ++ended[static_cast<std::size_t>(event.flow->ending)];
    if (std::holds_alternative<MqttMessage>(event.what)) ++messages;
  }
  Engine engine_;
  std::int64_t now_ = 1'000'000'000'000;
  std::uint64_t number_ = 0;
};

test::FrameOptions client(unsigned i) {
  return {.client = 0x0A000000U + i / 50'000,
          .port = static_cast<std::uint16_t>(10'000 + i % 50'000)};
}

std::size_t times(const Feed& feed, Ending ending) {
  return feed.ended[static_cast<std::size_t>(ending)];
}

}  // namespace

TEST_CASE("flow/limits: every flow that begins also ends, whatever pushes it out") {
  EngineLimits limits;
  limits.max_flows = 500;
  Feed feed(limits);
  for (unsigned i = 0; i < 20'000; ++i) {
    test::FrameOptions syn = client(i);
    syn.flags = 2;
    feed.put(syn);
  }
  feed.finish();
  CHECK(feed.counters().flows == 20'000);
  CHECK(feed.counters().evicted == 19'500);
  CHECK(times(feed, Ending::evicted) == 19'500);
  CHECK(times(feed, Ending::open) == 500);
}

// 1,000 connections, each with a body of which 100 kB came and the end never does.
TEST_CASE("flow/limits: half-sent messages of many together stay within the limit") {
  for (const std::string& head : {std::string("POST /x HTTP/1.1\r\nContent-Length: 250000\r\n\r\n"),
                                  // CONNECT, then the beginning of a PUBLISH of 100,000 bytes.
                                  std::string("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
                                              "abcd\x30\xA0\x8D\x06\x00\x04wx/a",
                                              28)}) {
    EngineLimits limits;
    limits.max_held = 2'000'000;
    Feed feed(limits);
    for (unsigned i = 0; i < 1000; ++i) {
      test::FrameOptions frame = client(i);
      frame.flags = 2;
      feed.put(frame);
      frame.flags = 16;
      frame.sequence = 1;
      frame.payload = head;
      for (int part = 0; part < 10; ++part) {
        feed.put(frame);
        frame.sequence += static_cast<std::uint32_t>(frame.payload.size());
        frame.payload = std::string(10'000, 'x');
      }
    }
    CHECK(feed.most_held > 1'000'000);
    CHECK(feed.most_held < 2 * limits.max_held);
  }
}

TEST_CASE("flow/limits: what waits behind a hole is bounded for one, and for all together") {
  EngineLimits limits;
  limits.max_held = 4'000'000;
  Feed feed(limits);
  for (unsigned i = 0; i < 200; ++i) {
    test::FrameOptions frame = client(i);
    frame.flags = 2;
    feed.put(frame);
    frame.flags = 16;
    frame.sequence = 1000;
    frame.payload = std::string(1000, 'x');
    for (int part = 0; part < 100; ++part) {
      feed.put(frame);
      frame.sequence += 1001;  // a hole before each
    }
  }
  CHECK(feed.most_held > 2'000'000);
  CHECK(feed.most_held < 5'000'000);
}

TEST_CASE("flow/limits: idle flows end, silent ones sooner than those that spoke") {
  EngineLimits limits;
  Feed feed(limits);
  test::FrameOptions silent = client(1);
  silent.flags = 2;
  feed.put(silent);
  test::FrameOptions talking = client(2);
  talking.flags = 16;
  talking.sequence = 1;
  talking.payload = std::string("\xC0\x00\x30\x07\x00\x04wx/ax", 11);  // PINGREQ, PUBLISH
  feed.put(talking);
  CHECK(feed.messages == 2);
  test::FrameOptions other = client(3);
  other.flags = 2;
  for (int i = 0; i < 8; ++i) feed.put(other, 10'000'000'000);
  CHECK(times(feed, Ending::expired) == 1);
  for (int i = 0; i < 8; ++i) feed.put(other, limits.idle_ns / 4);
  CHECK(times(feed, Ending::expired) >= 2);
}

TEST_CASE("flow/limits: keep-alives and a bogus acknowledgement neither repeat nor lose anything") {
  Feed feed(EngineLimits{});
  test::FrameOptions frame = client(1);
  frame.flags = 2;
  feed.put(frame);
  frame.flags = 16;
  frame.sequence = 1;
  frame.payload = std::string("\x30\x07\x00\x04wx/ax", 9);
  feed.put(frame);
  for (int i = 0; i < 20;
       ++i) {  // RFC 9293 3.8.4: one byte before what is next, with or without it
    frame.sequence = 9;
    frame.payload = i % 2 == 0 ? "" : "x";
    feed.put(frame);
    test::FrameOptions answer = client(1);
    answer.to_server = false;
    answer.acknowledgement = 0x7000'0000;
    feed.put(answer);
  }
  frame.sequence = 10;
  frame.payload = std::string("\x30\x07\x00\x04wx/by", 9);
  feed.put(frame);
  feed.finish();
  CHECK(feed.messages == 2);
}

// A proxy's or an attacker's: requests without end, and long ones, that nobody answers.
TEST_CASE("flow/limits: requests that wait for their responses are counted, and bounded") {
  EngineLimits limits;
  limits.max_held = 2'000'000;
  Feed feed(limits);
  for (unsigned i = 0; i < 20; ++i) {
    test::FrameOptions frame = client(i);
    frame.flags = 2;
    feed.put(frame);
    frame.flags = 16;
    frame.sequence = 1;
    frame.payload = "GET /" + std::string(4000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int request = 0; request < 250; ++request) {
      feed.put(frame);
      frame.sequence += static_cast<std::uint32_t>(frame.payload.size());
    }
  }
  CHECK(feed.most_held > 1'000'000);
  CHECK(feed.most_held < 2 * limits.max_held);
}
