// IP fragments put together again, within a fixed amount of memory.
#pragma once

#include <cstdint>
#include <list>
#include <map>

#include "lib/core/bytes.h"
#include "lib/flow/ip.h"

namespace wxsec::flow {

class Fragments {
 public:
  // Takes a fragment. True when its datagram is whole: then `packet` is that datagram, its payload
  // valid until the next call. Where fragments overlap, the first bytes count.
  bool add(IpPacket& packet, std::int64_t time_ns);

  // Of the last datagram that was whole: in so many bytes fragments differed from what was there
  // first, and the first one that did, valid until the next add().
  std::size_t differing() const { return differing_; }
  core::ByteView contradiction() const { return contradiction_; }
  void forget_contradiction() { differing_ = 0; }

  // Bytes that the pieces take, with what it costs to keep them apart.
  std::size_t held() const { return held_; }

 private:
  struct Datagram {
    Address source;
    Address destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    std::int64_t first_ns = 0;
    std::map<std::size_t, core::Bytes> pieces;  // by offset, without overlap
    std::size_t bytes = 0;
    std::size_t total = 0;  // 0 until the last fragment came
    std::size_t held = 0;   // its part of held_
    std::size_t differing = 0;
    core::Bytes contradiction;
  };

  Datagram& find(const IpPacket& packet, std::int64_t time_ns);
  static void set_total(Datagram& datagram, std::size_t total);
  void insert(Datagram& datagram, std::size_t offset, core::ByteView bytes);
  void compare(Datagram& datagram, std::size_t offset, core::ByteView bytes);
  void hold(Datagram& datagram, std::size_t bytes);
  void forget_old(std::int64_t time_ns);

  std::list<Datagram> datagrams_;  // oldest first
  std::size_t held_ = 0;
  core::Bytes whole_;
  std::size_t differing_ = 0;
  core::Bytes contradiction_;
};

}  // namespace wxsec::flow
