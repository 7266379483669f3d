// pcap: a 24-byte header (its magic tells byte order and unit of time), then for each packet 16
// bytes (seconds, fraction, captured size, original size) and the bytes.
// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
#include "lib/capture/file_source.h"

namespace wxsec::capture {
namespace {

constexpr std::size_t kRecordHeader = 16;

class PcapSource final : public FileSource {
 public:
  explicit PcapSource(Input input) : FileSource(std::move(input)) {}

  core::Result<void> begin(const std::string& filter);
  core::Result<Next> next_some(std::span<Packet> out, std::size_t& count) override;

 private:
  core::Result<Next> next_any(Packet& out) override;
  bool next_held(Packet& out);
  bool read_record(core::ByteView bytes, Packet& out);

  Unit unit_;
  std::size_t record_header_ = kRecordHeader;
};

core::Result<void> PcapSource::begin(const std::string& filter) {
  const core::ByteView header = WXSEC_TRY(input_.peek(24));
  const core::Failure unknown =
      core::fail(core::Code::malformed, "not a capture file (neither pcap nor pcapng)");
  if (header.size() < 24) return unknown;
  wire::Reader in(header);
  std::uint32_t magic = in.u32();
  if (magic == 0xD4C3B2A1 || magic == 0x4D3CB2A1 || magic == 0x34CDB2A1) {
    wire::Reader again(header);
    magic = again.le_u32();
    order_ = Order::little;
  } else {
    order_ = Order::big;
  }
  switch (magic) {
    case 0xA1B2C3D4: unit_.exponent = 6; break;
    case 0xA1B23C4D: unit_.exponent = 9; break;
    case 0xA1B2CD34: record_header_ = 24; break;  // Kuznetzov's variant of the 1990s
    default: return unknown;
  }
  Fields fields{wire::Reader(header.subspan(20)), order_};
  link_type_ = static_cast<int>(fields.u32() & 0x03FFFFFFU);
  input_.advance(24);
  return set_filter(filter);
}

// The next packet, if it is in the buffer already, as a whole. Records
// have nothing between them; whatever is wrong with the next one, next_any() says.
bool PcapSource::next_held(Packet& out) {
  const core::ByteView held = input_.held().subspan(pending_);
  if (!read_record(held, out)) return false;
  pending_ += record_header_ + out.bytes.size();
  return true;
}

core::Result<Next> PcapSource::next_some(std::span<Packet> out, std::size_t& count) {
  count = 0;
  const Next first = WXSEC_TRY(next(out[0]));
  if (first != Next::packet) return first;
  count = 1;
  while (count < out.size() && next_held(out[count])) {
    if (!passes(out[count])) continue;
    ++delivered_;
    ++count;
  }
  return Next::packet;
}

// The packet at the front of `bytes`; false if it is not there as a whole, or lies about its size.
bool PcapSource::read_record(core::ByteView bytes, Packet& out) {
  wire::Reader in(bytes);
  const auto header = in.header<kRecordHeader>();
  const bool big = order_ == Order::big;
  const std::uint64_t seconds = big ? header.u32<0>() : header.le_u32<0>();
  const std::uint64_t fraction = big ? header.u32<4>() : header.le_u32<4>();
  const std::size_t captured = big ? header.u32<8>() : header.le_u32<8>();
  out.original_size = big ? header.u32<12>() : header.le_u32<12>();
  in.skip(record_header_ - kRecordHeader);
  out.bytes = in.bytes(captured);
  if (!in.ok() || captured > kMaxPacket) return false;
  out.time_ns = static_cast<std::int64_t>(seconds) * kSecond + unit_.to_ns(fraction);
  out.number = ++number_;
  out.link_type = link_type_;
  return true;
}

core::Result<Next> PcapSource::next_any(Packet& out) {
  input_.advance(pending_);
  pending_ = 0;
  const core::ByteView header = WXSEC_TRY(input_.peek(record_header_));
  if (header.empty()) return Next::end;
  if (header.size() < record_header_)
    return broken("it ends in a packet's header", input_.offset());
  Fields in{wire::Reader(header), order_};
  in.in.skip(8);
  const std::size_t captured = in.u32();
  if (captured > kMaxPacket) return broken("impossible packet size", input_.offset());
  const core::ByteView all = WXSEC_TRY(input_.peek(record_header_ + captured));
  if (!read_record(all, out)) return broken("it ends in the middle of a packet", input_.offset());
  pending_ = all.size();
  return Next::packet;
}

}  // namespace

core::Result<std::unique_ptr<Source>> begin_pcap(Input input, const std::string& filter) {
  auto source = std::make_unique<PcapSource>(std::move(input));
  WXSEC_TRY(source->begin(filter));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace wxsec::capture
