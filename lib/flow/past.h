// The bytes that streams delivered lately, so that a retransmission can be compared with what was
// there first. One bounded memory for all streams of an engine: the oldest bytes make room.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "lib/core/bytes.h"

namespace wxsec::flow {

class Past {
 public:
  static constexpr std::size_t kMost = std::size_t{4} << 20;

  // Remembers at most so many bytes, a power of two, at least 64 KiB.
  explicit Past(std::size_t most = kMost);

  // The capture's time, by which it is known whether traffic is slow or fast.
  void now(std::int64_t time_ns) { now_ns_ = time_ns; }

  // Keeps bytes that a stream delivered, the first of them numbered `sequence`. `newest` is what
  // this returned for the stream's bytes before, 0 for its first ones.
  std::uint64_t remember(std::uint64_t newest, std::uint32_t sequence, core::ByteView bytes);

  // In how many bytes `again` differs from what is remembered of that stream in the same places.
  // Remembers more from now on where some of it was forgotten already.
  std::uint64_t differing(std::uint64_t newest, std::uint32_t sequence, core::ByteView again);

  // How many calls of differing() missed bytes that were forgotten.
  std::uint64_t not_compared() const { return not_compared_; }

  // So many bytes are remembered at present.
  std::size_t capacity() const { return ring_.size; }

 private:
  struct Record {
    std::uint64_t before;  // the stream's record before this one
    std::uint64_t place;   // of its first byte, counted since the ring was made
    std::uint32_t sequence;
    std::uint32_t size;
  };
  // Sizes are powers of two. Memory is not touched before it is used.
  struct Ring {
    explicit Ring(std::size_t bytes);

    std::size_t size;
    std::size_t most_records;
    std::unique_ptr<std::uint8_t[]> bytes;
    std::unique_ptr<Record[]> records;

    std::span<std::uint8_t> at(std::uint64_t place, std::size_t count) const {
      return std::span(bytes.get(), size).subspan(place & (size - 1), count);
    }
    Record& record(std::uint64_t number) const {
      return std::span(records.get(), most_records)[number & (most_records - 1)];
    }
  };

  const Record* record(std::uint64_t number) const;
  std::uint64_t room_for(std::size_t size);
  void turn();
  void resize(std::size_t bytes);

  std::size_t most_;
  Ring ring_;
  std::uint64_t first_ = 1;  // records before this one are gone
  std::uint64_t count_ = 0;  // records so far; a record's number is its place among them, from 1
  std::uint64_t end_ = 0;    // bytes since the ring was made
  std::size_t needed_;       // so many bytes a retransmission has asked for
  std::int64_t now_ns_ = 0;
  std::int64_t turned_ns_ = 0;
  std::uint64_t not_compared_ = 0;
};

}  // namespace wxsec::flow
