// A datagram that is larger than a link allows travels in pieces that share an identifier; each
// says where it belongs, and the last one that no more follow (RFC 791 3.2, RFC 8200 4.5). An
// attacker can send pieces for ever, so age, number and bytes are bounded.
#include "lib/flow/fragments.h"

#include <algorithm>

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxDatagrams = 1024;
constexpr std::size_t kMaxHeld = std::size_t{4} << 20;
constexpr std::size_t kMaxDatagram = 65535;
constexpr std::int64_t kMaxAge = 30'000'000'000;

}  // namespace

Fragments::Datagram& Fragments::find(const IpPacket& packet, std::int64_t time_ns) {
  for (Datagram& one : datagrams_) {
    if (one.id == packet.fragment_id && one.protocol == packet.protocol &&
        one.source == packet.source && one.destination == packet.destination)
      return one;
  }
  Datagram& fresh = datagrams_.emplace_back();
  fresh.source = packet.source;
  fresh.destination = packet.destination;
  fresh.id = packet.fragment_id;
  fresh.protocol = packet.protocol;
  fresh.first_ns = time_ns;
  return fresh;
}

void Fragments::forget_old(std::int64_t time_ns) {
  while (!datagrams_.empty()) {
    const Datagram& oldest = datagrams_.front();
    const bool full = datagrams_.size() > kMaxDatagrams || held_ > kMaxHeld;
    if (!full && time_ns - oldest.first_ns < kMaxAge) return;
    held_ -= oldest.bytes;
    datagrams_.pop_front();
  }
}

// Keeps only those parts of `bytes` for which nothing is there yet.
void Fragments::insert(Datagram& datagram, std::size_t offset, core::ByteView bytes) {
  auto next = datagram.pieces.upper_bound(offset);
  if (next != datagram.pieces.begin()) {
    const auto before = std::prev(next);
    const std::size_t end = before->first + before->second.size();
    const std::size_t covered = std::min(bytes.size(), end > offset ? end - offset : 0);
    offset += covered;
    bytes = bytes.subspan(covered);
  }
  while (!bytes.empty()) {
    const std::size_t room =
        next == datagram.pieces.end() ? bytes.size() : std::min(bytes.size(), next->first - offset);
    if (room > 0) {
      datagram.pieces.emplace(offset, core::to_bytes(bytes.first(room)));
      datagram.bytes += room;
      held_ += room;
    }
    if (next == datagram.pieces.end() || room == bytes.size()) return;
    const std::size_t skip = std::min(bytes.size(), room + next->second.size());
    offset += skip;
    bytes = bytes.subspan(skip);
    ++next;
  }
}

bool Fragments::add(IpPacket& packet, std::int64_t time_ns) {
  forget_old(time_ns);
  if (packet.missing != 0 || packet.fragment_offset + packet.payload.size() > kMaxDatagram)
    return false;
  Datagram& datagram = find(packet, time_ns);
  insert(datagram, packet.fragment_offset, packet.payload);
  if (!packet.more_fragments && datagram.total == 0)
    datagram.total = packet.fragment_offset + packet.payload.size();
  if (datagram.total == 0 || datagram.bytes < datagram.total) return false;
  whole_.clear();
  for (const auto& [offset, piece] : datagram.pieces) {
    if (offset != whole_.size()) return false;
    whole_.insert(whole_.end(), piece.begin(), piece.end());
  }
  held_ -= datagram.bytes;
  datagrams_.remove_if([&](const Datagram& one) { return &one == &datagram; });
  packet.payload = core::ByteView(whole_);
  packet.fragment = false;
  return true;
}

}  // namespace wxsec::flow
