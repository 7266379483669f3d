// What the writer writes, the reader reads; and a ring of files keeps the last ones.
#include "lib/capture/writer.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "lib/capture/source.h"
#include "tests/support/tcp_talk.h"

using namespace wxsec;

namespace {

capture::Packet packet_of(std::string_view bytes, std::int64_t time_ns,
                          int link_type = capture::link::kEthernet) {
  capture::Packet packet;
  packet.link_type = link_type;
  packet.bytes = core::as_bytes(bytes);
  packet.original_size = static_cast<std::uint32_t>(bytes.size() + 3);
  packet.time_ns = time_ns;
  return packet;
}

std::vector<std::string> packets_in(const core::Path& path) {
  std::vector<std::string> out;
  auto source = capture::open_file(path, "").value();
  capture::Packet packet;
  while (source->next(packet).value() == capture::Next::packet)
    out.emplace_back(core::as_text(packet.bytes));
  return out;
}

}  // namespace

TEST_CASE("capture/writer: pcap and pcapng come back as they were, secrets included") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  for (const auto format : {capture::FileFormat::pcap, capture::FileFormat::pcapng}) {
    capture::WriterOptions options;
    options.path = dir.path() / "out.capture";
    options.format = format;
    options.link_type = capture::link::kRaw;
    auto writer = capture::Writer::create(options).value();
    REQUIRE(writer.write_key_log("CLIENT_RANDOM 00 11\n").has_value());
    for (std::size_t size = 0; size < 9; ++size)
      REQUIRE(writer
                  .write(packet_of(std::string(size, 'x'), 1'767'225'600'000'000'001,
                                   capture::link::kRaw))
                  .has_value());
    CHECK(writer.packets() == 9);
    REQUIRE(writer.close().has_value());
    struct stat info {};
    REQUIRE(::stat(options.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    auto source = capture::open_file(options.path, "").value();
    CHECK(source->link_type() == capture::link::kRaw);
    capture::Packet packet;
    for (std::size_t size = 0; size < 9; ++size) {
      REQUIRE(source->next(packet).value() == capture::Next::packet);
      CHECK(core::as_text(packet.bytes) == std::string(size, 'x'));
      CHECK(packet.time_ns == 1'767'225'600'000'000'001);
      CHECK(packet.original_size == size + 3);
    }
    CHECK(source->next(packet).value() == capture::Next::end);
    const bool ng = format == capture::FileFormat::pcapng;
    CHECK(source->key_log().starts_with(ng ? "CLIENT_RANDOM" : ""));
    CHECK(source->key_log().empty() != ng);
  }
}

TEST_CASE("capture/writer: packets of several link types keep theirs in pcapng, in a ring, too") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  capture::WriterOptions options;
  options.path = dir.path() / "out.pcapng";
  options.format = capture::FileFormat::pcapng;
  options.link_type = capture::link::kEthernet;
  options.max_file_bytes = 600;
  auto writer = capture::Writer::create(options).value();
  constexpr std::array kTypes = {1, 101, 113, 1, 113, 101};
  for (std::size_t i = 0; i < 30; ++i)
    REQUIRE(writer.write(packet_of(std::string(40, 'x'), 0, kTypes[i % 6])).has_value());
  REQUIRE(writer.close().has_value());
  std::vector<int> types;
  const auto names = core::list_directory(dir.path()).value();
  for (const std::string& name : names) {
    auto source = capture::open_file(dir.path() / name, "").value();
    capture::Packet packet;
    while (source->next(packet).value() == capture::Next::packet) types.push_back(packet.link_type);
  }
  REQUIRE(types.size() == 30);
  for (std::size_t i = 0; i < types.size(); ++i) CHECK(types[i] == kTypes[i % 6]);
}

TEST_CASE("capture/filter: packets of several link types pass by what each is") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  capture::WriterOptions options;
  options.path = dir.path() / "out.pcapng";
  options.format = capture::FileFormat::pcapng;
  auto writer = capture::Writer::create(options).value();
  for (const std::uint16_t port : {std::uint16_t{1883}, std::uint16_t{8080}}) {
    const core::Bytes frame = test::ethernet({.payload = "x", .server_port = port});
    const std::string_view ethernet = core::as_text(frame);
    REQUIRE(writer.write(packet_of(ethernet, 0)).has_value());
    REQUIRE(writer.write(packet_of(ethernet.substr(14), 0, capture::link::kRaw)).has_value());
  }
  REQUIRE(writer.close().has_value());
  auto source = capture::open_file(options.path, "tcp port 1883").value();
  capture::Packet packet;
  std::vector<std::uint64_t> passed;
  while (source->next(packet).value() == capture::Next::packet) passed.push_back(packet.number);
  CHECK(passed == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("capture/writer: pcap refuses a second link type and names the remedy") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  capture::WriterOptions options;
  options.path = dir.path() / "out.pcap";
  auto writer = capture::Writer::create(options).value();
  REQUIRE(writer.write(packet_of("one", 0)).has_value());
  const auto refused = writer.write(packet_of("two", 0, capture::link::kRaw));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::Code::unsupported);
  CHECK(refused.error().hint.find("out.pcapng") != std::string::npos);
  CHECK(writer.packets() == 1);
}

TEST_CASE("capture/writer: a ring keeps the last files, each within its size") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  capture::WriterOptions options;
  options.path = dir.path() / "ring.pcap";
  options.max_file_bytes = 1000;
  options.max_files = 3;
  auto writer = capture::Writer::create(options).value();
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = "packet " + std::to_string(1000 + i) + std::string(89, '.');
    REQUIRE(writer.write(packet_of(bytes, i)).has_value());
  }
  REQUIRE(writer.close().has_value());
  const auto names = core::list_directory(dir.path()).value();
  CHECK(names.size() == 3);
  std::vector<std::string> kept;
  for (const std::string& name : names) {
    struct stat info {};
    REQUIRE(::stat((dir.path() / name).c_str(), &info) == 0);
    CHECK(info.st_size <= 1000);
    for (const std::string& packet : packets_in(dir.path() / name))
      kept.push_back(packet.substr(0, 11));
  }
  std::sort(kept.begin(), kept.end());
  REQUIRE(kept.size() > 16);
  // The last ones without a hole.
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK(kept[i] == "packet " + std::to_string(1100 - kept.size() + i));
}

TEST_CASE("capture/writer: a packet larger than a file of the ring still gets one") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  capture::WriterOptions options;
  options.path = dir.path() / "ring.pcap";
  options.max_file_bytes = 100;
  options.max_files = 2;
  auto writer = capture::Writer::create(options).value();
  for (const char letter : {'a', 'b', 'c'})
    REQUIRE(writer.write(packet_of(std::string(500, letter), 0)).has_value());
  REQUIRE(writer.close().has_value());
  std::vector<std::string> kept;
  const auto names = core::list_directory(dir.path()).value();
  for (const std::string& name : names) {
    for (const std::string& packet : packets_in(dir.path() / name))
      kept.push_back(packet.substr(0, 1));
  }
  std::sort(kept.begin(), kept.end());
  CHECK(kept == std::vector<std::string>{"b", "c"});
}

TEST_CASE("capture/writer: a symbolic link is refused, and what it points to stays") {
  const auto dir = core::TempDirectory::create("wxsec-test-").value();
  REQUIRE(core::write_file_new(dir.path() / "victim", "precious", {}).has_value());
  REQUIRE(core::swap_symlink("victim", dir.path() / "out.pcap").has_value());
  capture::WriterOptions options;
  options.path = dir.path() / "out.pcap";
  const auto writer = capture::Writer::create(options);
  REQUIRE_FALSE(writer.has_value());
  CHECK(writer.error().code == core::Code::exists);
  CHECK(core::read_file(dir.path() / "victim", 100).value() == "precious");
}
