#include "lib/flow/reassembly.h"

#include <doctest/doctest.h>

#include <string>

using namespace wxsec;
using namespace wxsec::flow;

namespace {

constexpr std::uint32_t kBase = 0xFFFFFFF0;  // the numbers wrap

class Heard final : public StreamSink {
 public:
  explicit Heard(Past& past) : StreamSink(past) {}
  void on_data(core::ByteView bytes) override { text += core::as_text(bytes); }
  void on_gap(std::uint64_t bytes) override { text += "(" + std::to_string(bytes) + ")"; }
  void on_conflict(std::uint64_t bytes, core::ByteView) override { differing += bytes; }

  std::string text;
  std::uint64_t differing = 0;
};

// A stream and who listens to it; places are counted from 0.
struct Stream {
  Past past;
  Heard heard{past};
  HalfStream half;

  Stream() { half.start(kBase); }
  void add(std::uint32_t at, std::string_view payload) {
    half.add({kBase + at, core::as_bytes(payload), 0, false, false, 0}, heard);
  }
  void zeros(std::uint32_t at, std::size_t count) {
    const core::Bytes payload(count);
    half.add({kBase + at, payload, 0, true, false, 0}, heard);
  }
  void acknowledge(std::uint32_t before) {
    half.acknowledged(kBase + before);
    half.age(0, heard);
  }
  const std::string& end() {
    half.flush(heard);
    return heard.text;
  }
};

const std::string kSix(6, '\0');

}  // namespace

TEST_CASE("flow/reassembly: whatever overlaps, the first bytes count and differing ones are told") {
  struct Case {
    const char* what;
    std::uint32_t at;
    const char* payload;
    std::uint64_t differing;
  };
  for (const Case& one : {Case{"whole", 0, "abcdXXXXijkl", 4}, Case{"equal", 0, "abcdefghijkl", 0},
                          Case{"shorter", 0, "abXX", 2}, Case{"inside", 4, "efXX", 2},
                          Case{"over a border", 8, "ijXXXXop", 4},
                          Case{"all of it", 0, "Xbcdefghijklmnopqrstuvwx", 1},
                          Case{"partly new", 20, "uXwxyz", 1}, Case{"one byte", 23, "X", 1}}) {
    CAPTURE(one.what);
    Stream stream;
    stream.add(0, "abcdefghijkl");
    stream.add(12, "mnopqrstuvwx");
    stream.add(one.at, one.payload);
    CHECK(stream.heard.differing == one.differing);
    CHECK(stream.end().starts_with("abcdefghijklmnopqrstuvwx"));
  }
}

TEST_CASE("flow/reassembly: a retransmission is compared many segments later, too") {
  Stream stream;
  Stream other;
  for (std::uint32_t i = 0; i < 200; ++i) {
    stream.add(4 * i, "abcd");
    const core::Bytes noise(100);  // other streams speak in between
    other.half.add({kBase + 100 * i, noise, 0, false, false, 0}, stream.heard);
  }
  stream.add(40, "aXcX");
  CHECK(stream.heard.differing == 2);
}

TEST_CASE("flow/reassembly: what came before its time was first, however the hole is filled") {
  for (const char* filler : {"abXX", "abXXXXXX", "abXXXXXXijkl", "abcdXfgh"}) {
    CAPTURE(filler);
    Stream stream;
    stream.add(2, "cd");
    stream.add(4, "efgh");
    stream.add(0, filler);
    CHECK(stream.end().starts_with("abcdefgh"));
    CHECK(stream.heard.differing > 0);
  }
}

TEST_CASE("flow/reassembly: what was put in order is remembered like what came in order") {
  Stream stream;
  stream.add(4, "efgh");
  stream.add(0, "abcd");
  stream.add(4, "eXXh");
  CHECK(stream.heard.differing == 2);
  CHECK(stream.end() == "abcdefgh");
}

TEST_CASE("flow/reassembly: zeros are data where the numbers go on behind them") {
  Stream stream;
  stream.add(0, "ab");
  stream.zeros(2, 6);
  CHECK(stream.heard.text == "ab");
  stream.add(8, "cd");
  CHECK(stream.end() == "ab" + kSix + "cd");
  CHECK(stream.heard.differing == 0);
}

TEST_CASE("flow/reassembly: zeros are filling where data has their numbers") {
  Stream stream;
  stream.zeros(0, 6);  // the acknowledgement that ends the handshake
  stream.add(0, "a");
  stream.zeros(1, 2);
  stream.zeros(1, 2);
  stream.add(1, "bcd");
  stream.zeros(0, 6);  // an old acknowledgement
  stream.add(4, "efghijk");
  CHECK(stream.end() == "abcdefghijk");
  CHECK(stream.heard.differing == 0);
}

TEST_CASE("flow/reassembly: zeros are data once they are acknowledged, or counted by the end") {
  Stream stream;
  stream.zeros(0, 2);
  stream.acknowledge(1);
  CHECK(stream.heard.text.empty());
  stream.acknowledge(2);
  CHECK(stream.heard.text == kSix.substr(4));
  stream.zeros(2, 6);
  stream.half.fin(kBase + 8);
  stream.half.age(0, stream.heard);
  CHECK(stream.half.finished());
  CHECK(stream.end() == kSix.substr(4) + kSix);
}

TEST_CASE("flow/reassembly: the end in the zeros' place says that they were filling") {
  Stream stream;
  stream.add(0, "ab");
  stream.zeros(2, 6);
  stream.half.fin(kBase + 2);
  CHECK(stream.half.finished());
  CHECK(stream.end() == "ab");
}

TEST_CASE("flow/reassembly: zeros before their time wait like data, and give way to data") {
  Stream data;
  data.zeros(2, 6);
  data.add(8, "cd");
  data.add(0, "ab");
  CHECK(data.end() == "ab" + kSix + "cd");
  Stream filling;
  filling.zeros(2, 6);
  filling.add(2, "cd");
  filling.zeros(4, 2);
  filling.add(4, "ef");
  filling.add(0, "ab");
  CHECK(filling.end() == "abcdef");
  CHECK(filling.heard.differing == 0);
  Stream last;
  last.zeros(2, 2);
  last.add(0, "ab");
  CHECK(last.heard.text == "ab");
  last.add(2, "cd");
  CHECK(last.end() == "abcd");
}

TEST_CASE("flow/reassembly: zeros whose nature nothing shows are not lost") {
  Stream stream;
  stream.add(0, "ab");
  stream.zeros(2, 6);
  CHECK(stream.end() == "ab" + kSix);
}
