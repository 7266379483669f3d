// A ring of bytes and a ring of records that say whose they are. A stream knows its newest record,
// and each record the one before it; that chain ends where the rings have been overwritten. Nobody
// is told when that happens: numbers only grow, so an old one shows that it is gone.
//
// How large should it be? Large, so that a forger cannot wait until what he contradicts is
// forgotten; but a ring that does not fit into the processor's cache costs a busy capture a tenth
// of its speed (8 MiB: 8 % of JSON lines, 14 % of a summary), and even its first use some (4 MiB: 1
// %). So it is large until it has been full once: small captures are compared completely. If
// traffic filled it fast, it becomes small. It becomes large again when traffic is slow, where
// nobody notices the cost, and doubles with each retransmission that asks for what is gone: from
// then on that is worth its price.
#include "lib/flow/past.h"

#include <algorithm>
#include <utility>

#include "lib/flow/tcp.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kSmall = std::size_t{256} << 10;
constexpr std::int64_t kSlowNsPerByte = 250;  // 4 MB a second
constexpr std::size_t kBytesPerRecord = 64;
constexpr std::size_t kFewestRecords = std::size_t{1} << 13;
constexpr std::size_t kMostOfOne = std::size_t{64} << 10;  // bytes that are kept of one delivery
constexpr std::size_t kJoined = std::size_t{8} << 10;
constexpr int kMostSteps = 256;  // whoever sends single bytes must not make each one cost more

std::uint64_t count_differing(core::ByteView a, core::ByteView b) {
  if (std::equal(a.begin(), a.end(), b.begin(), b.end())) return 0;
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) out += a[i] != b[i] ? 1U : 0U;
  return out;
}

}  // namespace

Past::Ring::Ring(std::size_t bytes_size)
    : size(bytes_size),
      most_records(std::max(kFewestRecords, bytes_size / kBytesPerRecord)),
      bytes(std::make_unique_for_overwrite<std::uint8_t[]>(size)),
      records(std::make_unique_for_overwrite<Record[]>(most_records)) {}

Past::Past(std::size_t most) : most_(most), ring_(most), needed_(std::min(kSmall, most)) {}

const Past::Record* Past::record(std::uint64_t number) const {
  if (number < first_ || number + ring_.most_records <= count_) return nullptr;
  const Record& found = ring_.record(number);
  return found.place + ring_.size < end_ ? nullptr : &found;
}

// Bytes of one record lie together: none goes over the ring's end.
std::uint64_t Past::room_for(std::size_t size) {
  const std::size_t used = end_ & (ring_.size - 1);
  if (used + size > ring_.size || (used == 0 && end_ != 0)) turn();
  end_ += size;
  return end_ - size;
}

// The ring is full and begins to forget.
void Past::turn() {
  end_ = (end_ + ring_.size - 1) & ~std::uint64_t{ring_.size - 1};
  const bool slow = now_ns_ - turned_ns_ > static_cast<std::int64_t>(ring_.size) * kSlowNsPerByte;
  turned_ns_ = now_ns_;
  if (slow && ring_.size < most_) {
    resize(most_);
  } else if (!slow && ring_.size == most_ && needed_ < most_) {
    resize(needed_);
  }
}

// The newest records go along, as many as leave half of the new ring free.
void Past::resize(std::size_t bytes) {
  const Ring old = std::exchange(ring_, Ring(bytes));
  std::uint64_t first = count_ + 1;
  const std::uint64_t old_end = std::exchange(end_, 0);
  std::size_t total = 0;
  while (first > first_ && count_ - first + 2 < std::min(old.most_records, ring_.most_records)) {
    const Record& one = old.record(first - 1);
    total += one.size;
    if (one.place + old.size < old_end || total > bytes / 2) break;
    --first;
  }
  first_ = first;
  for (std::uint64_t number = first; number <= count_; ++number) {
    Record one = old.record(number);
    const auto from = old.at(one.place, one.size);
    one.place = std::exchange(end_, end_ + one.size);
    std::copy(from.begin(), from.end(), ring_.at(one.place, one.size).begin());
    ring_.record(number) = one;
  }
}

std::uint64_t Past::remember(std::uint64_t newest, std::uint32_t sequence, core::ByteView bytes) {
  if (bytes.empty()) return newest;
  if (bytes.size() > kMostOfOne) {
    sequence += static_cast<std::uint32_t>(bytes.size() - kMostOfOne);
    bytes = bytes.last(kMostOfOne);
  }
  const std::uint64_t place = room_for(bytes.size());
  std::copy(bytes.begin(), bytes.end(), ring_.at(place, bytes.size()).begin());
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (newest == count_ && newest >= first_) {  // the same stream goes on
    Record& last = ring_.record(newest);
    if (last.place + last.size == place && last.sequence + last.size == sequence &&
        last.size + size <= kJoined) {
      last.size += size;
      return newest;
    }
  }
  if (++count_ == 1) turned_ns_ = now_ns_;
  ring_.record(count_) = {newest, place, sequence, size};
  return count_;
}

std::uint64_t Past::differing(std::uint64_t newest, std::uint32_t sequence, core::ByteView again) {
  std::uint64_t out = 0;
  std::uint64_t number = newest;
  for (int steps = 0; number != 0; ++steps) {
    const Record* const one = record(number);
    if (one == nullptr || steps == kMostSteps) {
      ++not_compared_;
      if (one != nullptr || ring_.size == most_) break;
      needed_ = 2 * ring_.size;
      resize(needed_);
      break;
    }
    const std::int64_t begin = sequence_distance(one->sequence, sequence);
    const std::int64_t from = std::max<std::int64_t>(begin, 0);
    const std::int64_t to =
        std::min<std::int64_t>(begin + one->size, static_cast<std::int64_t>(again.size()));
    number = one->before;
    if (from < to) {
      const auto size = static_cast<std::size_t>(to - from);
      const core::ByteView there =
          ring_.at(one->place + static_cast<std::uint64_t>(from - begin), size);
      out += count_differing(there, again.subspan(static_cast<std::size_t>(from), size));
    }
    if (begin <= 0) break;  // what came before lies before
  }
  return out;
}

}  // namespace wxsec::flow
