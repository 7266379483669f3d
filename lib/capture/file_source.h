// What reading a capture file of either format needs; for lib/capture alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lib/capture/filter.h"
#include "lib/capture/input.h"
#include "lib/capture/source.h"
#include "lib/wire/reader.h"

namespace wxsec::capture {

// Larger than any snap length in use; a length above it is damage, not a packet.
inline constexpr std::size_t kMaxPacket = std::size_t{1} << 20;
inline constexpr std::int64_t kSecond = 1'000'000'000;

enum class Order { little, big };

// Integers in the byte order of the machine that wrote the file.
struct Fields {
  wire::Reader in;
  Order order;

  std::uint32_t u32() { return order == Order::big ? in.u32() : in.le_u32(); }
  std::uint16_t u16() { return order == Order::big ? in.u16() : in.le_u16(); }
};

// What a time stamp counts, per second: 10^n or 2^n.
struct Unit {
  unsigned exponent = 6;
  bool binary = false;

  std::int64_t to_ns(std::uint64_t stamp) const;
};

core::Failure broken(const char* what, std::uint64_t offset);

// Packets of a file in turn, those that the filter lets through.
class FileSource : public Source {
 public:
  core::Result<Next> next(Packet& out) override;
  Counters counters() override { return {delivered_, 0, 0, filter_ ? filter_->not_filtered() : 0}; }
  int link_type() const override { return link_type_; }

 protected:
  explicit FileSource(Input input) : input_(std::move(input)) {}

  // The next packet of the file, whatever the filter says.
  virtual core::Result<Next> next_any(Packet& out) = 0;
  // Once the link type is known.
  core::Result<void> set_filter(const std::string& filter);
  bool passes(const Packet& packet) { return !filter_ || filter_->matches(packet); }

  Input input_;
  Order order_ = Order::little;
  int link_type_ = link::kEthernet;
  std::uint64_t number_ = 0;
  std::uint64_t delivered_ = 0;
  std::size_t pending_ = 0;  // bytes of the last packets, to be left behind

 private:
  std::optional<Filter> filter_;
};

// Begins to read what its first bytes say it is. Fails: malformed (damaged, or not this format),
// and as Filter::compile does.
core::Result<std::unique_ptr<Source>> begin_pcap(Input input, const std::string& filter);
core::Result<std::unique_ptr<Source>> begin_pcapng(Input input, const std::string& filter);

}  // namespace wxsec::capture
