// The bytes that streams delivered lately, so that a retransmission can be compared with what was
// there first. One bounded memory for all streams of an engine: the oldest bytes make room.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/core/bytes.h"

namespace wxsec::flow {

class Past {
 public:
  // Keeps bytes that a stream delivered, the first of them numbered `sequence`. `newest` is what
  // this returned for the stream's bytes before, 0 for its first ones.
  std::uint64_t remember(std::uint64_t newest, std::uint32_t sequence, core::ByteView bytes);

  // In how many bytes `again` differs from what is remembered of that stream in the same places.
  std::uint64_t differing(std::uint64_t newest, std::uint32_t sequence, core::ByteView again) const;

 private:
  struct Record {
    std::uint64_t before = 0;  // the stream's record before this one
    std::uint64_t place = 0;   // of its first byte, counted since the beginning
    std::uint32_t sequence = 0;
    std::uint32_t size = 0;
  };

  const Record* record(std::uint64_t number) const;
  Record& slot(std::uint64_t number);
  std::uint64_t room_for(std::size_t size);

  // Both are rings that grow to their full size only when needed.
  std::vector<Record> records_;
  core::Bytes bytes_;
  std::uint64_t count_ = 0;  // records so far; a record's number is its place among them, from 1
  std::uint64_t end_ = 0;    // bytes so far
};

}  // namespace wxsec::flow
