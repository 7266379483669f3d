// A datagram that is larger than a link allows travels in pieces that share an identifier; each
// says where it belongs, and the last one that no more follow (RFC 791 3.2, RFC 8200 4.5). An
// attacker can send pieces for ever, so age, number and bytes are bounded. He can also send two
// that disagree about the same place, so that the receiver reads something else than we do: the
// first one counts, and the other one is told.
#include "lib/flow/fragments.h"

#include <algorithm>
#include <utility>

namespace wxsec::flow {
namespace {

constexpr std::size_t kMaxDatagrams = 1024;
constexpr std::size_t kMaxHeld = std::size_t{4} << 20;
constexpr std::size_t kMaxDatagram = 65535;
constexpr std::size_t kPieceOverhead = 128;     // a map node, a vector, and the allocator's share
constexpr std::size_t kDatagramOverhead = 256;  // a list node and the like
constexpr std::int64_t kMaxAge = 30'000'000'000;

}  // namespace

Fragments::Datagram& Fragments::find(const IpPacket& packet, std::int64_t time_ns) {
  for (Datagram& one : datagrams_) {
    // RFC 791 3.2; in IPv6 the protocol does not distinguish datagrams (RFC 8200 4.5).
    const bool same_protocol = one.protocol == packet.protocol || packet.source.size == 16;
    if (one.id == packet.fragment_id && same_protocol && one.source == packet.source &&
        one.destination == packet.destination)
      return one;
  }
  Datagram& fresh = datagrams_.emplace_back();
  fresh.source = packet.source;
  fresh.destination = packet.destination;
  fresh.id = packet.fragment_id;
  fresh.protocol = packet.protocol;
  fresh.first_ns = time_ns;
  hold(fresh, kDatagramOverhead);
  return fresh;
}

void Fragments::forget_old(std::int64_t time_ns) {
  while (!datagrams_.empty()) {
    const Datagram& oldest = datagrams_.front();
    const bool full = datagrams_.size() > kMaxDatagrams || held_ > kMaxHeld;
    if (!full && time_ns - oldest.first_ns < kMaxAge) return;
    held_ -= oldest.held;
    datagrams_.pop_front();
  }
}

void Fragments::hold(Datagram& datagram, std::size_t bytes) {
  datagram.held += bytes;
  held_ += bytes;
}

void Fragments::compare(Datagram& datagram, std::size_t offset, core::ByteView bytes) {
  std::size_t differing = 0;
  auto piece = datagram.pieces.upper_bound(offset);
  if (piece != datagram.pieces.begin()) --piece;
  for (; piece != datagram.pieces.end() && piece->first < offset + bytes.size(); ++piece) {
    const std::size_t end = std::min(piece->first + piece->second.size(), offset + bytes.size());
    for (std::size_t at = std::max(offset, piece->first); at < end; ++at)
      differing += piece->second[at - piece->first] != bytes[at - offset] ? 1U : 0U;
  }
  if (differing == 0) return;
  if (datagram.differing == 0) {
    datagram.contradiction = core::to_bytes(bytes);
    hold(datagram, bytes.size());
  }
  datagram.differing += differing;
}

// The last fragment says where the datagram ends: what came before it and lies behind is none of
// it, so that all bytes are there exactly when their number is the total.
void Fragments::set_total(Datagram& datagram, std::size_t total) {
  datagram.total = total;
  while (!datagram.pieces.empty()) {
    const auto last = std::prev(datagram.pieces.end());
    const std::size_t end = last->first + last->second.size();
    if (end <= total) return;
    const std::size_t beyond = std::min(end - total, last->second.size());
    datagram.bytes -= beyond;
    last->second.resize(last->second.size() - beyond);
    if (last->second.empty()) datagram.pieces.erase(last);
  }
}

// Keeps only those parts of `bytes` for which nothing is there yet.
void Fragments::insert(Datagram& datagram, std::size_t offset, core::ByteView bytes) {
  if (datagram.total != 0)
    bytes = bytes.first(std::min(bytes.size(), datagram.total - std::min(offset, datagram.total)));
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
      hold(datagram, room + kPieceOverhead);
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
  if (packet.fragment_offset == 0) datagram.protocol = packet.protocol;
  compare(datagram, packet.fragment_offset, packet.payload);
  if (!packet.more_fragments && datagram.total == 0)
    set_total(datagram, packet.fragment_offset + packet.payload.size());
  insert(datagram, packet.fragment_offset, packet.payload);
  if (datagram.total == 0 || datagram.bytes < datagram.total) return false;
  whole_.clear();
  for (const auto& [offset, piece] : datagram.pieces)
    whole_.insert(whole_.end(), piece.begin(), piece.end());
  differing_ = datagram.differing;
  contradiction_ = std::move(datagram.contradiction);
  packet.protocol = datagram.protocol;
  held_ -= datagram.held;
  datagrams_.remove_if([&](const Datagram& one) { return &one == &datagram; });
  packet.payload = core::ByteView(whole_);
  packet.fragment = packet.more_fragments = false;
  packet.fragment_offset = 0;
  return true;
}

}  // namespace wxsec::flow
