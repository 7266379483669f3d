// Capture files of every make, and damaged at every byte.
#include <doctest/doctest.h>

#include <array>

#include "lib/capture/source.h"
#include "lib/core/file.h"
#include "lib/wire/writer.h"

using namespace wxsec;
using capture::Next;

namespace {

enum class Order { little, big };

// A file in the byte order of some machine.
class FileMaker {
 public:
  explicit FileMaker(Order order) : order_(order) {}

  FileMaker& u32(std::uint32_t value) { return number(value, 4); }
  FileMaker& u16(std::uint32_t value) { return number(value, 2); }
  FileMaker& text(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  FileMaker& pcap_header(std::uint32_t magic, std::uint32_t link_type = 1) {
    return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(link_type);
  }
  FileMaker& pcap_packet(std::uint32_t seconds, std::uint32_t fraction, std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    return u32(seconds).u32(fraction).u32(size).u32(size + 7).text(bytes);
  }
  // A pcapng block; `body` is in this order already.
  FileMaker& block(std::uint32_t type, std::string body) {
    body.resize((body.size() + 3) / 4 * 4, '\0');
    const auto size = static_cast<std::uint32_t>(body.size() + 12);
    return u32(type).u32(size).text(body).u32(size);
  }
  FileMaker& section() {
    return block(0x0A0D0D0A,
                 FileMaker(order_).u32(0x1A2B3C4D).u16(1).u16(0).u32(~0U).u32(~0U).take());
  }
  // `resolution` is the byte of if_tsresol.
  FileMaker& interface(std::uint32_t link_type, std::uint32_t snap_length, unsigned resolution) {
    return block(1, FileMaker(order_)
                        .u16(link_type)
                        .u16(0)
                        .u32(snap_length)
                        .u16(9)
                        .u16(1)
                        .text(std::string(1, static_cast<char>(resolution)) + std::string(3, '\0'))
                        .u32(0)
                        .take());
  }
  FileMaker& enhanced(std::uint32_t interface, std::uint64_t stamp, std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    return block(6, FileMaker(order_)
                        .u32(interface)
                        .u32(static_cast<std::uint32_t>(stamp >> 32))
                        .u32(static_cast<std::uint32_t>(stamp))
                        .u32(size)
                        .u32(size)
                        .text(bytes)
                        .take());
  }
  std::string take() { return std::move(out_); }

 private:
  FileMaker& number(std::uint32_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (order_ == Order::big ? size - 1 - i : i);
      out_ += static_cast<char>(value >> shift);
    }
    return *this;
  }
  Order order_;
  std::string out_;
};

struct Read {
  std::vector<std::string> packets;
  std::vector<std::int64_t> times;
  std::vector<int> link_types;
  std::optional<core::Code> failed;
  std::string key_log;
};

void read_all(capture::Source& source, Read& out) {
  capture::Packet packet;
  for (int i = 0; i < 100'000; ++i) {
    const auto next = source.next(packet);
    if (!next) out.failed = next.error().code;
    if (!next || *next != Next::packet) break;
    out.packets.emplace_back(core::as_text(packet.bytes));
    out.times.push_back(packet.time_ns);
    out.link_types.push_back(packet.link_type);
    CHECK(packet.number == out.packets.size());
  }
  out.key_log = source.key_log();
}

Read read(std::string_view file, const std::string& filter = "") {
  Read out;
  auto source = capture::open_bytes(core::as_bytes(file), filter);
  if (!source) {
    out.failed = source.error().code;
  } else {
    read_all(**source, out);
  }
  return out;
}

using Packets = std::vector<std::string>;
using Times = std::vector<std::int64_t>;

std::string pcapng(Order order) {
  return FileMaker(order)
      .section()
      .interface(1, 65535, 9)
      .interface(101, 65535, 0x80 | 10)  // 1/1024 s
      .enhanced(0, 1'767'225'600'000'000'001, "one")
      .block(0xBAD, "nobody knows this block")
      .enhanced(1, 1024 + 512, "two!!")
      .block(10, FileMaker(order).u32(0x544C534B).u32(5).text("A B C").take())
      .block(3, FileMaker(order).u32(6).text("simple").take())
      .take();
}

}  // namespace

TEST_CASE("capture/file_source: pcap of both byte orders, in micro- and nanoseconds") {
  for (const Order order : {Order::little, Order::big}) {
    const Read micro = read(FileMaker(order)
                                .pcap_header(0xA1B2C3D4)
                                .pcap_packet(5, 7, "abc")
                                .pcap_packet(6, 999'999, "")
                                .take());
    CHECK(micro.packets == Packets{"abc", ""});
    CHECK(micro.times == Times{5'000'007'000, 6'999'999'000});
    CHECK_FALSE(micro.failed);
    const Read nano =
        read(FileMaker(order).pcap_header(0xA1B23C4D, 101).pcap_packet(5, 7, "abc").take());
    CHECK(nano.times == Times{5'000'000'007});
    CHECK(nano.link_types == std::vector<int>{101});
  }
}

TEST_CASE(
    "capture/file_source: pcapng of both byte orders: interfaces, units, secrets, unknown blocks") {
  for (const Order order : {Order::little, Order::big}) {
    const Read all = read(pcapng(order));
    CHECK(all.packets == Packets{"one", "two!!", "simple"});
    CHECK(all.times == Times{1'767'225'600'000'000'001, 1'500'000'000, 0});
    CHECK(all.link_types == std::vector<int>{1, 101, 1});
    CHECK(all.key_log == "A B C\n");
    CHECK_FALSE(all.failed);
  }
}

TEST_CASE("capture/file_source: two sections of different byte orders in one file") {
  const Read all = read(pcapng(Order::big) + pcapng(Order::little));
  CHECK(all.packets == Packets{"one", "two!!", "simple", "one", "two!!", "simple"});
}

// Packets before the cut are delivered, and a cut inside of something is told.
TEST_CASE("capture/file_source: cut at every byte") {
  const std::string pcap = FileMaker(Order::big)
                               .pcap_header(0xA1B2C3D4)
                               .pcap_packet(1, 0, "first")
                               .pcap_packet(2, 0, "second")
                               .take();
  for (std::size_t size = 0; size < pcap.size(); ++size) {
    const Read some = read(std::string_view(pcap).substr(0, size));
    const std::size_t whole = size >= 24 + 16 + 5 ? 1 : 0;
    const bool between = size == 24 || size == 24 + 16 + 5;
    CAPTURE(size);
    CHECK(some.packets.size() == whole);
    CHECK(some.failed.has_value() != between);
    if (some.failed) CHECK(*some.failed == core::Code::malformed);
  }
  for (const Order order : {Order::little, Order::big}) {
    const std::string ng = pcapng(order);
    std::size_t most = 0;
    for (std::size_t size = 0; size < ng.size(); ++size) {
      const Read some = read(std::string_view(ng).substr(0, size));
      CHECK(some.packets.size() >= most);
      most = std::max(most, some.packets.size());
      if (some.failed) CHECK(*some.failed == core::Code::malformed);
    }
    CHECK(most == 2);
  }
}

TEST_CASE("capture/file_source: absurd lengths are damage, never memory") {
  for (const std::uint32_t size : {0x7FFFFFFFU, 0xFFFFFFFFU, (1U << 20) + 1}) {
    const Read one = read(FileMaker(Order::little)
                              .pcap_header(0xA1B2C3D4)
                              .u32(1)
                              .u32(0)
                              .u32(size)
                              .u32(size)
                              .text("xx")
                              .take());
    CHECK(one.failed == core::Code::malformed);
  }
  for (const std::uint32_t size : {0U, 4U, 11U, 13U, 0x7FFFFFFCU, 0xFFFFFFFCU}) {
    const Read one = read(FileMaker(Order::little).section().u32(6).u32(size).text("....").take());
    CHECK(one.failed == core::Code::malformed);
  }
  // A packet of an interface that was never described, and one that is longer than its block.
  const Read none = read(FileMaker(Order::big).section().enhanced(3, 1, "x").take());
  CHECK(none.packets.empty());
  const Read longer = read(
      FileMaker(Order::big)
          .section()
          .interface(1, 0, 6)
          .block(6, FileMaker(Order::big).u32(0).u32(0).u32(0).u32(400).u32(400).text("x").take())
          .take());
  CHECK(longer.packets.empty());
}

TEST_CASE("capture/file_source: a packet of an interface that nobody described is damage") {
  const auto file = [] { return FileMaker(Order::little).section(); };
  const Read none = read(file().enhanced(0, 1, "one").take());
  CHECK(none.failed == core::Code::malformed);
  CHECK(read(file().block(3, FileMaker(Order::little).u32(3).text("one").take()).take()).failed ==
        core::Code::malformed);
  const Read later =
      read(file().interface(1, 0, 9).enhanced(0, 1, "one").enhanced(1, 1, "two").take());
  CHECK(later.packets == Packets{"one"});
  CHECK(later.failed == core::Code::malformed);
}

TEST_CASE("capture/file_source: what is no capture is said to be none") {
  for (const char* text : {"", "x", "<html>this is not a capture at all</html>"})
    CHECK(read(text).failed == core::Code::malformed);
}

TEST_CASE("capture/file_source: a filter chooses, and the numbers stay those of the file") {
  std::string arp(60, '\0');
  arp[12] = '\x08';
  arp[13] = '\x06';
  const std::string file = FileMaker(Order::little)
                               .pcap_header(0xA1B2C3D4)
                               .pcap_packet(1, 0, std::string(60, 'x'))
                               .pcap_packet(2, 0, arp)
                               .take();
  auto source = capture::open_bytes(core::as_bytes(file), "arp").value();
  capture::Packet packet;
  REQUIRE(source->next(packet).value() == Next::packet);
  CHECK(packet.number == 2);
  CHECK(source->next(packet).value() == Next::end);
  CHECK(capture::open_bytes(core::as_bytes(file), "no filter").error().code == core::Code::usage);
}

TEST_CASE("capture/file_source: packets for whose link type a filter makes no sense are counted") {
  const std::string packet(60, 'x');
  const std::string file = FileMaker(Order::little)
                               .section()
                               .interface(1, 0, 9)
                               .interface(101, 0, 9)
                               .enhanced(0, 1, packet)
                               .enhanced(1, 2, packet)
                               .enhanced(1, 3, packet)
                               .take();
  auto source = capture::open_bytes(core::as_bytes(file), "ether host 78:78:78:78:78:78").value();
  Read out;
  read_all(*source, out);
  CHECK(out.packets.size() == 1);
  CHECK(source->counters().not_filtered == 2);
}

namespace {

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

// RFC 1951 3.2.4: a block that is stored, not compressed.
std::string gzip(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return FileMaker(Order::little)
      .text(std::string_view("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11))
      .u16(size)
      .u16(~size & 0xFFFFU)
      .text(bytes)
      .u32(crc32(bytes))
      .u32(size)
      .take();
}

Read read_file(const core::Path& path) {
  Read out;
  auto source = capture::open_file(path, "");
  if (!source) {
    out.failed = source.error().code;
  } else {
    read_all(**source, out);
  }
  return out;
}

}  // namespace

TEST_CASE("capture/file_source: gzip, whole, cut and broken") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  const std::string plain = FileMaker(Order::little)
                                .pcap_header(0xA1B2C3D4)
                                .pcap_packet(1, 0, "first")
                                .pcap_packet(2, 0, "second")
                                .take();
  const std::string zipped = gzip(plain);
  const auto written = [&](std::string_view bytes) {
    const core::Path path = dir.path() / "capture.pcap.gz";
    REQUIRE(core::write_file_atomic(path, bytes, {.mode = 0600}).has_value());
    return read_file(path);
  };
  CHECK(written(zipped).packets == Packets{"first", "second"});
  CHECK_FALSE(written(zipped).failed);
  const Read cut = written(std::string_view(zipped).substr(0, 16 + 24 + 16 + 5 + 3));
  CHECK(cut.packets == Packets{"first"});
  CHECK(cut.failed == core::Code::malformed);
  // Several members, one after the other, and what a tape leaves behind them.
  const std::string members = gzip(plain.substr(0, 7)) + gzip("") + gzip(plain.substr(7));
  CHECK(written(members).packets == Packets{"first", "second"});
  CHECK(written(members + std::string(512, '\0')).packets == Packets{"first", "second"});
  CHECK_FALSE(written(zipped + "\x1f").failed);
  std::string broken = zipped;
  broken[11] = '\x7f';  // the stored block's length no longer fits its complement
  CHECK(written(broken).failed == core::Code::malformed);
}

// The buffer moves while a large file is read: views of one batch must stay what they were.
TEST_CASE("capture/file_source: many at once are the same as one after the other") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  FileMaker maker(Order::little);
  maker.pcap_header(0xA1B2C3D4);
  for (unsigned i = 0; i < 3000; ++i)
    maker.pcap_packet(i, 0, std::string(1 + i * 37 % 900, static_cast<char>('a' + i % 26)));
  const core::Path path = dir.path() / "large.pcap";
  REQUIRE(core::write_file_atomic(path, maker.take(), {.mode = 0600}).has_value());
  const Read one_by_one = read_file(path);
  REQUIRE(one_by_one.packets.size() == 3000);
  auto source = capture::open_file(path, "").value();
  Packets together;
  std::array<capture::Packet, 16> batch;
  std::size_t batches = 0;
  while (true) {
    std::size_t count = 0;
    if (source->next_some(batch, count).value() != Next::packet) break;
    REQUIRE(count >= 1);
    ++batches;
    for (std::size_t i = 0; i < count; ++i) together.emplace_back(core::as_text(batch[i].bytes));
  }
  CHECK(together == one_by_one.packets);
  CHECK(batches < 300);
  CHECK(source->counters().received == 3000);
}
