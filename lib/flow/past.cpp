// A ring of bytes and a ring of records that say whose they are. A stream knows its newest record,
// and each record the one before it; that chain ends where the rings have been overwritten. Nobody
// is told when that happens: numbers only grow, so an old one shows that it is gone.
#include "lib/flow/past.h"

#include <algorithm>

#include "lib/flow/tcp.h"

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 18;
constexpr std::size_t kMaxRecords = std::size_t{1} << 13;
constexpr std::size_t kFirstBytes = std::size_t{64} << 10;
constexpr std::size_t kFirstRecords = 256;
constexpr std::size_t kMostOfOne = std::size_t{64} << 10;  // bytes that are kept of one delivery
constexpr std::size_t kJoined = std::size_t{8} << 10;
constexpr int kMostSteps = 256;  // whoever sends single bytes must not make each one cost more

std::size_t grown(std::size_t size, std::size_t needed, std::size_t first, std::size_t most) {
  std::size_t out = std::max(size, first);
  while (out < needed && out < most) out *= 2;
  return out;
}

std::uint64_t count_differing(core::ByteView a, core::ByteView b) {
  if (std::equal(a.begin(), a.end(), b.begin(), b.end())) return 0;
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) out += a[i] != b[i] ? 1U : 0U;
  return out;
}

}  // namespace

const Past::Record* Past::record(std::uint64_t number) const {
  if (number == 0 || number + kMaxRecords <= count_) return nullptr;
  const Record& found = records_[number % kMaxRecords];
  return found.place + kMaxBytes < end_ ? nullptr : &found;
}

Past::Record& Past::slot(std::uint64_t number) {
  const std::size_t at = number % kMaxRecords;
  if (at >= records_.size())
    records_.resize(grown(records_.size(), at + 1, kFirstRecords, kMaxRecords));
  return records_[at];
}

// Bytes of one record lie together: none goes over the ring's end.
std::uint64_t Past::room_for(std::size_t size) {
  std::uint64_t place = end_;
  if (place % kMaxBytes + size > kMaxBytes) place += kMaxBytes - place % kMaxBytes;
  const std::size_t needed = place % kMaxBytes + size;
  if (needed > bytes_.size()) bytes_.resize(grown(bytes_.size(), needed, kFirstBytes, kMaxBytes));
  end_ = place + size;
  return place;
}

std::uint64_t Past::remember(std::uint64_t newest, std::uint32_t sequence, core::ByteView bytes) {
  if (bytes.empty()) return newest;
  if (bytes.size() > kMostOfOne) {
    sequence += static_cast<std::uint32_t>(bytes.size() - kMostOfOne);
    bytes = bytes.last(kMostOfOne);
  }
  const std::uint64_t before = end_;
  const std::uint64_t place = room_for(bytes.size());
  std::copy(bytes.begin(), bytes.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(place % kMaxBytes));
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (newest == count_ && newest != 0 && place == before) {  // the same stream goes on
    Record& last = slot(newest);
    if (last.sequence + last.size == sequence && last.size + size <= kJoined) {
      last.size += size;
      return newest;
    }
  }
  slot(++count_) = {newest, place, sequence, size};
  return count_;
}

std::uint64_t Past::differing(std::uint64_t newest, std::uint32_t sequence,
                              core::ByteView again) const {
  std::uint64_t out = 0;
  const Record* one = record(newest);
  for (int steps = 0; one != nullptr && steps < kMostSteps; ++steps, one = record(one->before)) {
    const std::int64_t begin = sequence_distance(one->sequence, sequence);
    const std::int64_t from = std::max<std::int64_t>(begin, 0);
    const std::int64_t to =
        std::min<std::int64_t>(begin + one->size, static_cast<std::int64_t>(again.size()));
    if (begin + one->size <= 0) break;  // what came before lies before
    if (from >= to) continue;
    const auto size = static_cast<std::size_t>(to - from);
    const auto there = core::ByteView(bytes_).subspan(
        (one->place % kMaxBytes) + static_cast<std::size_t>(from - begin), size);
    out += count_differing(there, again.subspan(static_cast<std::size_t>(from), size));
  }
  return out;
}

}  // namespace wxsec::flow
