// pcapng: blocks of type, total length, body, total length again. A section header (byte order),
// interface descriptions (link type, unit of time), packets that name their interface, and TLS
// secrets. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
#include <algorithm>
#include <vector>

#include "lib/capture/file_source.h"

namespace wxsec::capture {
namespace {

constexpr std::size_t kMaxBlock = std::size_t{16} << 20;
constexpr std::size_t kMaxKeyLog = std::size_t{16} << 20;
constexpr std::size_t kMaxInterfaces = 4096;

struct PcapngInterface {
  int link_type = link::kEthernet;
  std::uint32_t snap_length = 0;
  Unit unit;
  std::int64_t offset_ns = 0;
};

// A stamp has 64 bits, and a file may hold any. From 1970 to 2116, so that differences between two
// are numbers, too.
std::int64_t time_of(const PcapngInterface& interface, std::uint64_t stamp) {
  static constexpr std::int64_t kEnd = (std::int64_t{1} << 62) - 1;
  const auto limited = [](std::int64_t ns) { return std::clamp(ns, -kEnd, kEnd); };
  const std::int64_t sum = limited(interface.unit.to_ns(stamp)) + limited(interface.offset_ns);
  return std::clamp(sum, std::int64_t{0}, kEnd);
}

class PcapngSource final : public FileSource {
 public:
  explicit PcapngSource(Input input) : FileSource(std::move(input)) {}

  core::Result<void> begin(const std::string& filter);
  std::string_view key_log() const override { return key_log_; }

 private:
  core::Result<Next> next_any(Packet& out) override;
  core::Result<Next> next_packet(Packet& out);
  core::Result<std::optional<core::ByteView>> next_block(std::uint32_t& type);
  core::Result<void> section(core::ByteView head);
  core::Result<bool> block(std::uint32_t type, core::ByteView body, Packet& out);
  void interface_description(Fields in);
  core::Result<bool> enhanced_packet(Fields in, Packet& out);
  core::Result<bool> simple_packet(Fields in, Packet& out);
  core::Result<bool> old_packet(Fields in, Packet& out);
  core::Result<const PcapngInterface*> from(std::size_t interface) const;
  core::Result<bool> whole(const Fields& in) const;
  void secrets(Fields in);

  std::vector<PcapngInterface> interfaces_;
  std::string key_log_;
  std::optional<Packet> first_;  // read ahead, to know the link type
};

core::Result<void> PcapngSource::begin(const std::string& filter) {
  Packet packet;
  if (WXSEC_TRY(next_packet(packet)) == Next::packet) {
    first_ = packet;
    link_type_ = packet.link_type;
  }
  return set_filter(filter);
}

core::Result<Next> PcapngSource::next_any(Packet& out) {
  if (!first_) return next_packet(out);
  out = *first_;
  first_.reset();
  return Next::packet;
}

// The section header is the one block whose length cannot be read before its byte order is known.
core::Result<void> PcapngSource::section(core::ByteView head) {
  wire::Reader in(head.subspan(8));
  const std::uint32_t magic = in.u32();
  if (magic != 0x1A2B3C4D && magic != 0x4D3C2B1A)
    return broken("no byte-order magic in the section header", input_.offset());
  order_ = magic == 0x1A2B3C4D ? Order::big : Order::little;
  interfaces_.clear();
  return {};
}

core::Result<std::optional<core::ByteView>> PcapngSource::next_block(std::uint32_t& type) {
  input_.advance(pending_);
  pending_ = 0;
  const core::ByteView head = WXSEC_TRY(input_.peek(12));
  if (head.empty()) return std::optional<core::ByteView>{};
  if (head.size() < 12) return broken("it ends in a block's header", input_.offset());
  if (wire::Reader(head).u32() == 0x0A0D0D0A) WXSEC_TRY(section(head));
  Fields in{wire::Reader(head), order_};
  type = in.u32();
  const std::size_t length = in.u32();
  if (length < 12 || length % 4 != 0 || length > kMaxBlock)
    return broken("impossible block length", input_.offset());
  const core::ByteView all = WXSEC_TRY(input_.peek(length));
  if (all.size() < length) return broken("it ends in the middle of a block", input_.offset());
  pending_ = length;
  return std::optional(all.subspan(8, length - 12));
}

core::Result<Next> PcapngSource::next_packet(Packet& out) {
  while (true) {
    std::uint32_t type = 0;
    const std::optional<core::ByteView> body = WXSEC_TRY(next_block(type));
    if (!body) return Next::end;
    if (WXSEC_TRY(block(type, *body, out))) {
      out.number = ++number_;
      return Next::packet;
    }
  }
}

// Whether it is a packet.
core::Result<bool> PcapngSource::block(std::uint32_t type, core::ByteView body, Packet& out) {
  const Fields in{wire::Reader(body), order_};
  switch (type) {
    case 1: interface_description(in); return false;
    case 2: return old_packet(in, out);
    case 3: return simple_packet(in, out);
    case 6: return enhanced_packet(in, out);
    case 10: secrets(in); return false;
    default: return false;
  }
}

void PcapngSource::interface_description(Fields in) {
  if (interfaces_.size() >= kMaxInterfaces) return;
  PcapngInterface one;
  one.link_type = in.u16();
  in.in.skip(2);
  one.snap_length = in.u32();
  while (in.in.left() >= 4) {
    const std::uint16_t code = in.u16();
    const std::size_t length = in.u16();
    Fields value{in.in.sub(length), order_};
    in.in.skip((4 - length % 4) % 4);
    if (code == 0) break;
    if (code == 9) {  // if_tsresol
      const std::uint8_t resolution = value.in.u8();
      one.unit = {resolution & 0x7FU, (resolution & 0x80U) != 0};
    } else if (code == 14) {  // if_tsoffset, seconds
      const std::uint64_t seconds = order_ == Order::big ? value.in.u64() : value.in.le_u64();
      one.offset_ns = static_cast<std::int64_t>(seconds * static_cast<std::uint64_t>(kSecond));
    }
  }
  interfaces_.push_back(one);
}

// A packet whose interface nobody described cannot be read, and silence would look like an empty
// file.
core::Result<const PcapngInterface*> PcapngSource::from(std::size_t interface) const {
  if (interface < interfaces_.size()) return &interfaces_[interface];
  return broken("a packet names an interface that was not described before it", input_.offset());
}

core::Result<bool> PcapngSource::whole(const Fields& in) const {
  if (in.in.ok()) return true;
  return broken("a packet is longer than its block", input_.offset());
}

core::Result<bool> PcapngSource::enhanced_packet(Fields in, Packet& out) {
  const std::size_t interface = in.u32();
  const std::uint64_t high = in.u32();
  const std::uint64_t stamp = (high << 32) | in.u32();
  const std::size_t captured = in.u32();
  out.original_size = in.u32();
  out.bytes = in.in.bytes(captured);
  const PcapngInterface* const there = WXSEC_TRY(from(interface));
  out.time_ns = time_of(*there, stamp);
  out.link_type = there->link_type;
  return whole(in);
}

// Has no time and no interface number: the first interface's snap length tells its size.
core::Result<bool> PcapngSource::simple_packet(Fields in, Packet& out) {
  out.original_size = in.u32();
  const PcapngInterface* const there = WXSEC_TRY(from(0));
  std::size_t captured = out.original_size;
  if (there->snap_length != 0) captured = std::min<std::size_t>(captured, there->snap_length);
  out.bytes = in.in.bytes(captured);
  out.time_ns = 0;
  out.link_type = there->link_type;
  return whole(in);
}

core::Result<bool> PcapngSource::old_packet(Fields in, Packet& out) {
  const std::size_t interface = in.u16();
  in.in.skip(2);  // drops
  const std::uint64_t high = in.u32();
  const std::uint64_t stamp = (high << 32) | in.u32();
  const std::size_t captured = in.u32();
  out.original_size = in.u32();
  out.bytes = in.in.bytes(captured);
  const PcapngInterface* const there = WXSEC_TRY(from(interface));
  out.time_ns = time_of(*there, stamp);
  out.link_type = there->link_type;
  return whole(in);
}

void PcapngSource::secrets(Fields in) {
  constexpr std::uint32_t kTlsKeyLog = 0x544C534B;
  const std::uint32_t kind = in.u32();
  const std::size_t length = in.u32();
  const std::string_view lines = in.in.text(length);
  if (kind != kTlsKeyLog || key_log_.size() + lines.size() > kMaxKeyLog) return;
  key_log_ += lines;
  key_log_ += '\n';
}

}  // namespace

core::Result<std::unique_ptr<Source>> begin_pcapng(Input input, const std::string& filter) {
  auto source = std::make_unique<PcapngSource>(std::move(input));
  WXSEC_TRY(source->begin(filter));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace wxsec::capture
