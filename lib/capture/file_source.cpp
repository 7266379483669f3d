// Capture files, read by ourselves rather than by libpcap: a pcapng may mix link types and may
// carry TLS secrets, both of which libpcap refuses or skips, and a damaged file must stop exactly
// where the damage is.
//
// pcap:    24-byte header (magic tells byte order and the unit of time), then for each packet
//          16 bytes: seconds, fraction, captured size, original size; then the bytes.
// pcapng:  blocks: type, total length, body, total length again. Section header (byte order),
//          interface descriptions (link type, unit of time), packets that name their interface.
//          https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <optional>

#include "lib/capture/filter.h"
#include "lib/capture/input.h"
#include "lib/capture/source.h"
#include "lib/wire/reader.h"

namespace wxsec::capture {
namespace {

// Larger than any snap length in use; a length above it is damage, not a packet.
constexpr std::size_t kMaxPacket = std::size_t{1} << 20;
constexpr std::size_t kRecordHeader = 16;  // of pcap
constexpr std::size_t kMaxBlock = std::size_t{16} << 20;
constexpr std::size_t kMaxKeyLog = std::size_t{16} << 20;
constexpr std::size_t kMaxInterfaces = 4096;
constexpr std::int64_t kSecond = 1'000'000'000;

enum class Order { little, big };

// Integers in the byte order of the machine that wrote the file.
struct Fields {
  wire::Reader in;
  Order order;

  std::uint32_t u32() { return order == Order::big ? in.u32() : in.le_u32(); }
  std::uint16_t u16() { return order == Order::big ? in.u16() : in.le_u16(); }
};

core::Failure broken(const char* what, std::uint64_t offset) {
  return core::fail(core::Code::malformed,
                    fmt::format("the capture file is damaged at byte {}: {}", offset, what),
                    "what was read before that place is shown");
}

// What a time stamp counts, per second: 10^n or 2^n.
struct Unit {
  unsigned exponent = 6;
  bool binary = false;

  std::int64_t to_ns(std::uint64_t stamp) const;
};

std::int64_t Unit::to_ns(std::uint64_t stamp) const {
  if (binary) {
    if (exponent > 63) return 0;
    const std::uint64_t seconds = stamp >> exponent;
    const std::uint64_t fraction = stamp - (seconds << exponent);
    const double part = static_cast<double>(fraction) / static_cast<double>(1ULL << exponent);
    return static_cast<std::int64_t>(seconds * kSecond) + static_cast<std::int64_t>(part * 1e9);
  }
  for (unsigned i = exponent; i > 9; --i) stamp /= 10;
  for (unsigned i = exponent; i < 9; ++i) stamp *= 10;
  return static_cast<std::int64_t>(stamp);
}

struct PcapngInterface {
  int link_type = link::kEthernet;
  std::uint32_t snap_length = 0;
  Unit unit;
  std::int64_t offset_ns = 0;
};

enum class Format { pcap, pcapng };

class FileSource final : public Source {
 public:
  explicit FileSource(Input input) : input_(std::move(input)) {}

  core::Result<void> begin(const std::string& filter);
  core::Result<Next> next(Packet& out) override;
  core::Result<Next> next_some(std::span<Packet> out, std::size_t& count) override;
  Counters counters() override { return {delivered_, 0, 0}; }
  int link_type() const override { return link_type_; }
  std::string_view key_log() const override { return key_log_; }

 private:
  core::Result<void> begin_pcap(core::ByteView header);
  core::Result<Next> next_any(Packet& out);
  bool next_held(Packet& out);
  bool read_record(core::ByteView bytes, Packet& out);
  core::Result<Next> next_pcap(Packet& out);
  core::Result<Next> next_pcapng(Packet& out);
  core::Result<std::optional<core::ByteView>> next_block(std::uint32_t& type);
  core::Result<void> section(core::ByteView head);
  bool block(std::uint32_t type, core::ByteView body, Packet& out);
  void interface_description(Fields in);
  bool enhanced_packet(Fields in, Packet& out);
  bool simple_packet(Fields in, Packet& out);
  bool old_packet(Fields in, Packet& out);
  void secrets(Fields in);

  Input input_;
  std::optional<Filter> filter_;
  Format format_ = Format::pcap;
  Order order_ = Order::little;
  Unit unit_;
  std::size_t record_header_ = kRecordHeader;
  int link_type_ = link::kEthernet;
  std::vector<PcapngInterface> interfaces_;
  std::string key_log_;
  std::uint64_t number_ = 0;
  std::uint64_t delivered_ = 0;
  std::size_t pending_ = 0;      // bytes of the last packets, to be left behind
  std::optional<Packet> first_;  // pcapng: read ahead, to know the link type
};

core::Result<void> FileSource::begin(const std::string& filter) {
  const core::ByteView header = WXSEC_TRY(input_.peek(24));
  wire::Reader in(header);
  const std::uint32_t magic = in.u32();
  if (header.size() >= 12 && magic == 0x0A0D0D0A) {
    format_ = Format::pcapng;
    Packet packet;
    if (WXSEC_TRY(next_pcapng(packet)) == Next::packet) {
      first_ = packet;
      link_type_ = packet.link_type;
    }
  } else {
    WXSEC_TRY(begin_pcap(header));
  }
  if (!filter.empty()) filter_.emplace(WXSEC_TRY(Filter::compile(filter, link_type_)));
  return {};
}

core::Result<void> FileSource::begin_pcap(core::ByteView header) {
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
  return {};
}

core::Result<Next> FileSource::next(Packet& out) {
  while (true) {
    const Next state = WXSEC_TRY(next_any(out));
    if (state != Next::packet) return state;
    if (filter_ && !filter_->matches(out)) continue;
    ++delivered_;
    return Next::packet;
  }
}

// The next packet, if it is in the buffer already, as a whole. Only asked of pcap, whose records
// have nothing between them; whatever is wrong with the next one, next_pcap() says.
bool FileSource::next_held(Packet& out) {
  const core::ByteView held = input_.held().subspan(pending_);
  if (!read_record(held, out)) return false;
  pending_ += record_header_ + out.bytes.size();
  return true;
}

core::Result<Next> FileSource::next_some(std::span<Packet> out, std::size_t& count) {
  count = 0;
  const Next first = WXSEC_TRY(next(out[0]));
  if (first != Next::packet) return first;
  count = 1;
  while (format_ == Format::pcap && count < out.size() && next_held(out[count])) {
    if (filter_ && !filter_->matches(out[count])) continue;
    ++delivered_;
    ++count;
  }
  return Next::packet;
}

core::Result<Next> FileSource::next_any(Packet& out) {
  if (format_ == Format::pcap) return next_pcap(out);
  if (!first_) return next_pcapng(out);
  out = *first_;
  first_.reset();
  return Next::packet;
}

// The packet at the front of `bytes`; false if it is not there as a whole, or lies about its size.
bool FileSource::read_record(core::ByteView bytes, Packet& out) {
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

core::Result<Next> FileSource::next_pcap(Packet& out) {
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

// The section header is the one block whose length cannot be read before its byte order is known.
core::Result<void> FileSource::section(core::ByteView head) {
  wire::Reader in(head.subspan(8));
  const std::uint32_t magic = in.u32();
  if (magic != 0x1A2B3C4D && magic != 0x4D3C2B1A)
    return broken("no byte-order magic in the section header", input_.offset());
  order_ = magic == 0x1A2B3C4D ? Order::big : Order::little;
  interfaces_.clear();
  return {};
}

core::Result<std::optional<core::ByteView>> FileSource::next_block(std::uint32_t& type) {
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

core::Result<Next> FileSource::next_pcapng(Packet& out) {
  while (true) {
    std::uint32_t type = 0;
    const std::optional<core::ByteView> body = WXSEC_TRY(next_block(type));
    if (!body) return Next::end;
    if (block(type, *body, out)) {
      out.number = ++number_;
      return Next::packet;
    }
  }
}

bool FileSource::block(std::uint32_t type, core::ByteView body, Packet& out) {
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

void FileSource::interface_description(Fields in) {
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

bool FileSource::enhanced_packet(Fields in, Packet& out) {
  const std::size_t interface = in.u32();
  const std::uint64_t high = in.u32();
  const std::uint64_t stamp = (high << 32) | in.u32();
  const std::size_t captured = in.u32();
  out.original_size = in.u32();
  out.bytes = in.in.bytes(captured);
  if (!in.in.ok() || interface >= interfaces_.size()) return false;
  const PcapngInterface& from = interfaces_[interface];
  out.time_ns = from.unit.to_ns(stamp) + from.offset_ns;
  out.link_type = from.link_type;
  return true;
}

// Has no time and no interface number: the first interface's snap length tells its size.
bool FileSource::simple_packet(Fields in, Packet& out) {
  out.original_size = in.u32();
  if (interfaces_.empty()) return false;
  std::size_t captured = out.original_size;
  if (interfaces_[0].snap_length != 0)
    captured = std::min<std::size_t>(captured, interfaces_[0].snap_length);
  out.bytes = in.in.bytes(captured);
  out.time_ns = 0;
  out.link_type = interfaces_[0].link_type;
  return in.in.ok();
}

bool FileSource::old_packet(Fields in, Packet& out) {
  const std::size_t interface = in.u16();
  in.in.skip(2);  // drops
  const std::uint64_t high = in.u32();
  const std::uint64_t stamp = (high << 32) | in.u32();
  const std::size_t captured = in.u32();
  out.original_size = in.u32();
  out.bytes = in.in.bytes(captured);
  if (!in.in.ok() || interface >= interfaces_.size()) return false;
  out.time_ns = interfaces_[interface].unit.to_ns(stamp) + interfaces_[interface].offset_ns;
  out.link_type = interfaces_[interface].link_type;
  return true;
}

void FileSource::secrets(Fields in) {
  constexpr std::uint32_t kTlsKeyLog = 0x544C534B;
  const std::uint32_t kind = in.u32();
  const std::size_t length = in.u32();
  const std::string_view lines = in.in.text(length);
  if (kind != kTlsKeyLog || key_log_.size() + lines.size() > kMaxKeyLog) return;
  key_log_ += lines;
  key_log_ += '\n';
}

core::Result<std::unique_ptr<Source>> begin(Input input, const std::string& filter) {
  auto source = std::make_unique<FileSource>(std::move(input));
  WXSEC_TRY(source->begin(filter));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace

core::Result<Next> Source::next_some(std::span<Packet> out, std::size_t& count) {
  count = 0;
  const Next state = WXSEC_TRY(next(out[0]));
  count = state == Next::packet ? 1 : 0;
  return state;
}

core::Result<std::unique_ptr<Source>> open_file(const core::Path& path, const std::string& filter) {
  const bool standard_input = path == "-";
  core::Fd fd(standard_input ? ::fcntl(0, F_DUPFD_CLOEXEC, 3)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return core::fail(core::system_error(errno, "read", path));
  auto source = begin(Input(std::move(fd)), filter);
  if (!source) return core::fail(core::with_context(source.error(), path.string()));
  return source;
}

core::Result<std::unique_ptr<Source>> open_bytes(core::ByteView file, const std::string& filter) {
  return begin(Input(file), filter);
}

}  // namespace wxsec::capture
