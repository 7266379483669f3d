// The same MQTT login in every dress that a link layer and IP know: what comes out must be the
// same.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/flow/engine.h"
#include "lib/wire/writer.h"

using namespace wxsec;
using namespace wxsec::flow;
namespace type = capture::link;

namespace {

std::string bytes_of(std::initializer_list<unsigned> bytes) {
  std::string out;
  for (const unsigned byte : bytes) out += static_cast<char>(byte);
  return out;
}

std::string connect() {
  proto::MqttConnect packet;
  packet.client_id = "station-0001";
  return std::string(core::as_text(proto::encode_mqtt(packet)));
}

std::string tcp(const std::string& payload) {
  wire::Writer out;
  out.u16(40000);
  out.u16(1883);
  out.u32(1);
  out.u32(1);
  out.u16(0x5018);
  out.u16(1024);
  out.u32(0xBAD0'0000);  // a wrong checksum: never a reason to drop
  out.text(payload);
  return std::string(core::as_text(out.view()));
}

struct Ipv4 {
  std::string payload;
  unsigned protocol = 6;
  unsigned fragment = 0;  // flags and offset
  bool no_length = false;
};

std::string ipv4(const Ipv4& packet) {
  wire::Writer out;
  out.u16(0x4600);  // with four bytes of options
  out.u16(packet.no_length ? std::uint16_t{0}
                           : static_cast<std::uint16_t>(24 + packet.payload.size()));
  out.u16(77);
  out.u16(static_cast<std::uint16_t>(packet.fragment));
  out.u8(64);
  out.u8(static_cast<std::uint8_t>(packet.protocol));
  out.u16(0);
  out.u32(0x0A000001);
  out.u32(0x0A000002);
  out.u32(0x01010101);
  out.text(packet.payload);
  return std::string(core::as_text(out.view()));
}

std::string ipv6(unsigned next_header, const std::string& payload) {
  wire::Writer out;
  out.u32(0x60000000);
  out.u16(static_cast<std::uint16_t>(payload.size()));
  out.u8(static_cast<std::uint8_t>(next_header));
  out.u8(64);
  out.text(bytes_of({0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  out.text(bytes_of({0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}));
  out.text(payload);
  return std::string(core::as_text(out.view()));
}

std::string ethernet(std::initializer_list<unsigned> ethertype) {
  return std::string(12, '\x02') + bytes_of(ethertype);
}

// What an engine makes of these frames: client ids, or how many packets were not TCP.
struct Heard {
  std::vector<std::string> clients;
  std::vector<std::uint64_t> conflicts;  // of fragments
  std::uint64_t not_tcp = 0;
  std::uint64_t not_understood = 0;
  int link_not_understood = 0;
};

Heard hear(int link_type, const std::vector<std::string>& frames) {
  Heard heard;
  Engine engine(EngineLimits{}, [&](const Event& event) {
    const auto* conflict = std::get_if<Conflict>(&event.what);
    if (conflict != nullptr && conflict->fragments) heard.conflicts.push_back(conflict->bytes);
    const auto* message = std::get_if<MqttMessage>(&event.what);
    if (message == nullptr) return;
    if (const auto* one = std::get_if<proto::MqttConnect>(&message->packet->body))
      heard.clients.emplace_back(one->client_id);
  });
  capture::Packet packet;
  packet.link_type = link_type;
  for (const std::string& frame : frames) {
    packet.bytes = core::as_bytes(frame);
    packet.original_size = static_cast<std::uint32_t>(frame.size());
    packet.time_ns = static_cast<std::int64_t>(++packet.number) * 1000;
    engine.take(std::span(&packet, 1));
  }
  engine.finish();
  heard.not_tcp = engine.counters().not_tcp;
  heard.not_understood = engine.counters().not_understood;
  heard.link_not_understood = engine.counters().link_not_understood;
  return heard;
}

const std::vector<std::string> kLogin = {"station-0001"};
const std::string kPlain = ipv4({.payload = tcp(connect())});
const std::string kPlain6 = ipv6(6, tcp(connect()));

}  // namespace

TEST_CASE("flow/link: Ethernet with tags, labels, PPPoE, and padding behind the packet") {
  const std::string mpls = bytes_of({0, 1, 0x00, 64, 0, 2, 0x01, 64});  // bottom of stack is second
  const std::string pppoe = bytes_of({0x11, 0, 0, 1, 0, 0});
  for (const std::string& head :
       {ethernet({0x08, 0x00}), ethernet({0x81, 0x00, 0, 7, 0x08, 0x00}),
        ethernet({0x88, 0xA8, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00}),
        ethernet({0x91, 0x00, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00}), ethernet({0x88, 0x47}) + mpls,
        ethernet({0x88, 0x64}) + pppoe + bytes_of({0x00, 0x21}),
        ethernet({0x88, 0x64}) + pppoe + bytes_of({0x21})}) {
    CHECK(hear(type::kEthernet, {head + kPlain + std::string(9, '\0')}).clients == kLogin);
  }
  CHECK(hear(type::kEthernet, {ethernet({0x86, 0xDD}) + kPlain6}).clients == kLogin);
}

TEST_CASE(
    "flow/link: IEEE 802.3 with LLC and SNAP, also behind a VLAN tag and in cooked captures") {
  const std::string snap = bytes_of({0xAA, 0xAA, 0x03, 0, 0, 0, 0x08, 0x00});
  const std::string bridge = bytes_of({0xAA, 0xAA, 0x03, 0, 0, 0xF8, 0x08, 0x00});
  CHECK(hear(type::kEthernet, {ethernet({0x00, 0x50}) + snap + kPlain}).clients == kLogin);
  CHECK(hear(type::kEthernet, {ethernet({0x00, 0x50}) + bridge + kPlain}).clients == kLogin);
  CHECK(hear(type::kEthernet, {ethernet({0x81, 0x00, 0, 7, 0x00, 0x50}) + snap + kPlain}).clients ==
        kLogin);
  CHECK(hear(type::kLinuxSll, {std::string(14, '\1') + bytes_of({0, 4}) + snap + kPlain}).clients ==
        kLogin);
  const std::string other = bytes_of({0xAA, 0xAA, 0x03, 0, 0, 0x0C, 0x08, 0x00});
  CHECK(hear(type::kEthernet, {ethernet({0x00, 0x50}) + other + kPlain}).not_tcp == 1);
  CHECK(hear(type::kEthernet, {ethernet({0x00, 0x50}) + snap.substr(0, 7)}).not_tcp == 1);
}

TEST_CASE("flow/link: packets of a link type that we cannot read are counted apart") {
  for (const int unknown : {105, 220}) {
    const Heard heard = hear(unknown, {kPlain, kPlain});
    CHECK(heard.clients.empty());
    CHECK(heard.not_tcp == 0);
    CHECK(heard.not_understood == 2);
    CHECK(heard.link_not_understood == unknown);
  }
  const Heard arp = hear(type::kEthernet, {ethernet({0x08, 0x06}) + kPlain});
  CHECK(arp.not_tcp == 1);
  CHECK(arp.not_understood == 0);
}

TEST_CASE("flow/link: cooked, loopback and raw captures, IPv4 and IPv6") {
  for (const std::string& packet : {kPlain, kPlain6}) {
    const bool v6 = packet == kPlain6;
    const std::string ethertype = v6 ? bytes_of({0x86, 0xDD}) : bytes_of({0x08, 0x00});
    CHECK(hear(type::kLinuxSll, {std::string(14, '\1') + ethertype + packet}).clients == kLogin);
    CHECK(hear(type::kLinuxSll2, {ethertype + std::string(18, '\1') + packet}).clients == kLogin);
    // The family's number differs between systems, in either byte order.
    for (const std::string& family : {bytes_of({2, 0, 0, 0}), bytes_of({0, 0, 0, 30})}) {
      CHECK(hear(type::kNull, {family + packet}).clients == kLogin);
      CHECK(hear(type::kLoop, {family + packet}).clients == kLogin);
    }
    for (const int raw : {type::kRaw, type::kRawBsd, type::kRawOpenBsd})
      CHECK(hear(raw, {packet}).clients == kLogin);
  }
  CHECK(hear(type::kIpv4, {kPlain}).clients == kLogin);
  CHECK(hear(type::kIpv6, {kPlain6}).clients == kLogin);
  CHECK(hear(type::kPpp, {bytes_of({0xFF, 0x03, 0x00, 0x21}) + kPlain}).clients == kLogin);
}

TEST_CASE("flow/link: a length of 0 (left to the network card) means all there is") {
  CHECK(hear(type::kRaw, {ipv4({.payload = tcp(connect()), .no_length = true})}).clients == kLogin);
  std::string v6 = kPlain6;
  v6[4] = v6[5] = '\0';
  CHECK(hear(type::kRaw, {v6}).clients == kLogin);
}

TEST_CASE("flow/link: IPv6 extension headers and tunnels") {
  const std::string inner = tcp(connect());
  const std::string hop_by_hop = bytes_of({60, 0, 1, 4, 0, 0, 0, 0});
  const std::string options = bytes_of({43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const std::string routing = bytes_of({6, 0, 0, 0, 0, 0, 0, 0});
  CHECK(hear(type::kRaw, {ipv6(0, hop_by_hop + options + routing + inner)}).clients == kLogin);
  CHECK(hear(type::kRaw, {ipv6(4, kPlain)}).clients == kLogin);
  CHECK(hear(type::kRaw, {ipv4({.payload = kPlain6, .protocol = 41})}).clients == kLogin);
}

TEST_CASE("flow/link: fragments in any order, twice, overlapping") {
  const std::string whole = tcp(connect());
  const std::string first = ipv4({.payload = whole.substr(0, 24), .fragment = 0x2000});
  const std::string middle = ipv4({.payload = whole.substr(16, 24), .fragment = 0x2002});
  const std::string last = ipv4({.payload = whole.substr(40), .fragment = 5});
  CHECK(hear(type::kRaw, {first, middle, last}).clients == kLogin);
  CHECK(hear(type::kRaw, {last, middle, first}).clients == kLogin);
  CHECK(hear(type::kRaw, {middle, middle, last, last, first}).clients == kLogin);
  CHECK(hear(type::kRaw, {first, last}).clients.empty());
  // What lies behind the end is none of it, wherever it comes.
  const std::string behind = ipv4({.payload = std::string(64, 'x'), .fragment = 0x2000 | 9});
  const std::string across = ipv4({.payload = whole.substr(16) + "xxxx", .fragment = 0x2002});
  CHECK(hear(type::kRaw, {behind, last, middle, first}).clients == kLogin);
  CHECK(hear(type::kRaw, {last, behind, middle, first}).clients == kLogin);
  CHECK(hear(type::kRaw, {across, last, first}).clients == kLogin);
  CHECK(hear(type::kRaw, {first, behind, last}).clients.empty());
  const std::string v6_first = bytes_of({6, 0, 0, 1, 0, 0, 0, 9}) + whole.substr(0, 24);
  const std::string v6_last = bytes_of({6, 0, 0, 24, 0, 0, 0, 9}) + whole.substr(24);
  CHECK(hear(type::kRaw, {ipv6(44, v6_last), ipv6(44, v6_first)}).clients == kLogin);
}

TEST_CASE("flow/link: IPv6 fragments whose fragmentable part begins with extension headers") {
  const std::string options = bytes_of({43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const std::string routing = bytes_of({6, 0, 0, 0, 0, 0, 0, 0});
  const std::string whole = options + routing + tcp(connect());
  const std::string hop_by_hop = bytes_of({44, 0, 1, 4, 0, 0, 0, 0});
  for (const std::size_t cut : {8U, 16U, 24U, 40U}) {
    CAPTURE(cut);
    const auto at = static_cast<unsigned>(cut);
    const std::string first = bytes_of({60, 0, 0, 1, 0, 0, 0, 9}) + whole.substr(0, cut);
    const std::string last = bytes_of({60, 0, 0, at, 0, 0, 0, 9}) + whole.substr(cut);
    CHECK(hear(type::kRaw, {ipv6(44, first), ipv6(44, last)}).clients == kLogin);
    CHECK(hear(type::kRaw, {ipv6(0, hop_by_hop + last), ipv6(44, first)}).clients == kLogin);
    CHECK(hear(type::kRaw, {ipv6(44, first),
                            ipv6(44, bytes_of({59, 0, 0, at, 0, 0, 0, 9}) + whole.substr(cut))})
              .clients == kLogin);
  }
  // A fragment that is none, and one inside a fragment.
  CHECK(hear(type::kRaw, {ipv6(44, bytes_of({60, 0, 0, 0, 0, 0, 0, 9}) + whole)}).clients ==
        kLogin);
  const std::string nested = bytes_of({6, 0, 0, 1, 0, 0, 0, 7}) + tcp(connect());
  const std::string outer = bytes_of({44, 0, 0, 1, 0, 0, 0, 8}) + nested.substr(0, 16);
  const std::string rest = bytes_of({44, 0, 0, 16, 0, 0, 0, 8}) + nested.substr(16);
  CHECK(hear(type::kRaw, {ipv6(44, outer), ipv6(44, rest)}).clients.empty());
}

TEST_CASE("flow/link: fragments that contradict each other are told, and the first one counts") {
  const std::string whole = tcp(connect());
  std::string forged = whole;
  for (const std::size_t at : {34U, 35U, 36U}) forged[at] = static_cast<char>(forged[at] ^ 1);
  const std::string first = ipv4({.payload = whole.substr(0, 40), .fragment = 0x2000});
  const std::string second = ipv4({.payload = forged.substr(32, 8), .fragment = 0x2004});
  const std::string equal = ipv4({.payload = whole.substr(32, 8), .fragment = 0x2004});
  const std::string last = ipv4({.payload = whole.substr(40), .fragment = 5});
  const Heard contradicted = hear(type::kRaw, {first, second, last});
  CHECK(contradicted.clients == kLogin);
  CHECK(contradicted.conflicts == std::vector<std::uint64_t>{3});
  CHECK(hear(type::kRaw, {second, last, first}).conflicts == std::vector<std::uint64_t>{3});
  CHECK(hear(type::kRaw, {first, equal, last}).conflicts.empty());
  CHECK(hear(type::kRaw, {first, second, last, kPlain}).conflicts.size() == 1);
}

TEST_CASE("flow/link: small fragments are counted with what it costs to keep them") {
  Fragments fragments;
  const core::Bytes eight(8);
  IpPacket packet;
  std::size_t most = 0;
  bool whole = false;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    packet.payload = eight;
    packet.fragment = packet.more_fragments = true;
    packet.fragment_id = i / 8000;
    packet.fragment_offset = std::size_t{8} * (i % 8000);
    whole = fragments.add(packet, 0) || whole;
    if (i == 1000) CHECK(fragments.held() > 100'000);
    most = std::max(most, fragments.held());
  }
  CHECK_FALSE(whole);
  CHECK(most > 3'000'000);
  CHECK(most < 5'000'000);
}

TEST_CASE("flow/link: cut at every byte nothing is heard, and nothing else happens") {
  for (const std::string& frame :
       {ethernet({0x88, 0xA8, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00}) + kPlain,
        ethernet({0x86, 0xDD}) + ipv6(0, bytes_of({6, 0, 1, 4, 0, 0, 0, 0}) + tcp(connect()))}) {
    for (std::size_t size = 0; size < frame.size(); ++size)
      CHECK(hear(type::kEthernet, {frame.substr(0, size)}).clients.empty());
    CHECK(hear(type::kEthernet, {frame}).clients == kLogin);
  }
}
