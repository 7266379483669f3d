// What a retransmission changed may be a password, and the segment may begin in the middle of it.
#include <doctest/doctest.h>

#include "src/report/catalogue.h"
#include "src/sniff/exposure.h"
#include "src/sniff/masking.h"
#include "tests/support/flow_run.h"

using namespace wxsec;

namespace {

const core::FixedClock kClock{core::Instant{}};

// The excerpt of the finding about `again`, sent where the last bytes of `first` were.
std::string excerpt(const std::string& first, const std::string& again, sniff::Secrets secrets) {
  const auto at = static_cast<std::uint32_t>(1 + first.size() - again.size());
  const std::vector<test::Segment> segments = {
      {.from_client = true, .sequence = 0, .flags = "S"},
      {.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1},
      {.from_client = true, .sequence = 1, .payload = first, .acknowledgement = 1},
      {.from_client = true, .sequence = at, .payload = again, .acknowledgement = 1}};
  sniff::Collector collector(kClock, sniff::Collect::findings, secrets);
  test::run_segments(segments, [&](const flow::Event& event) { collector.take(event); });
  const sniff::Exposure seen = collector.finish();
  for (const sniff::FindingCase& one : seen.cases) {
    if (seen.findings[one.finding].id == report::id::kConflictingSegments)
      return std::string(core::as_text(one.excerpt));
  }
  return "no such finding";
}

std::string connect_with(std::string_view password) {
  proto::MqttConnect packet;
  packet.client_id = "c";
  packet.username = "u";
  packet.password = core::as_bytes(password);
  return test::text_of(proto::encode_mqtt(packet));
}

}  // namespace

TEST_CASE("sniff/exposure: the excerpt of a segment that differs shows lengths and no letters") {
  const std::string again = connect_with("0ther-s3cret");
  const std::string masked =
      excerpt(connect_with("hunter2-12345"), connect_with("0ther-s3cret!"), sniff::Secrets::masked);
  CHECK(masked.ends_with(std::string("\0\x01*\0\r*************", 18)));
  CHECK(masked.substr(2, 6) == std::string("\0\x04****", 6));
  CHECK(excerpt(connect_with("hunter2-1234"), again, sniff::Secrets::shown) == again);
}

TEST_CASE("sniff/exposure: a segment that begins inside a password shows nothing of it") {
  const std::string first = connect_with("hunter2-\xC3\xA4 1234");
  CHECK(excerpt(first, "er2-\xC3\xA4 1~34", sniff::Secrets::masked) == "****** ****");
  const std::string head = "GET / HTTP/1.1\r\nAuthorization: Bearer Zx9KqW77\r\n\r\n";
  CHECK(excerpt(head, "qW7X\r\n\r\n", sniff::Secrets::masked) == "****\r\n\r\n");
}

TEST_CASE("sniff/masking: an outline keeps blanks and control characters") {
  CHECK(sniff::masked_outline(core::as_bytes("a b\r\n\x7F\xFFz!")) == "* *\r\n\x7F***");
}
