// All flows that are alive, found by their endpoints, in order of use.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/flow/conversation.h"
#include "lib/flow/event.h"
#include "lib/flow/reassembly.h"
#include "lib/flow/rival.h"

namespace wxsec::flow {

// Both directions of a flow have the same key: the smaller endpoint comes first. Packed into words,
// since every packet hashes and compares one: two addresses of two words each, then the ports.
struct FlowKey {
  std::array<std::uint64_t, 5> words{};

  bool operator==(const FlowKey& other) const {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < words.size(); ++i) difference |= words[i] ^ other.words[i];
    return difference == 0;
  }
};

struct OrderedKey {
  FlowKey key;
  bool source_first = false;  // the source is the smaller endpoint
};
inline OrderedKey key_of(const Address& source, std::uint16_t source_port,
                         const Address& destination, std::uint16_t destination_port) {
  const bool source_first = source_port != destination_port ? source_port < destination_port
                                                            : source.words <= destination.words;
  const Address& first = source_first ? source : destination;
  const Address& second = source_first ? destination : source;
  const std::uint64_t ports = source_first ? (std::uint64_t{source_port} << 16) | destination_port
                                           : (std::uint64_t{destination_port} << 16) | source_port;
  return {{{first.words[0], first.words[1], second.words[0], second.words[1],
            (std::uint64_t{source.size} << 32) | ports}},
          source_first};
}

// How useful it is to remember a flow; the first kinds are forgotten first when room is short.
enum class Standing : std::uint8_t { closed, silent, talking };
inline constexpr std::size_t kStandings = 3;

inline constexpr std::size_t kCacheLine = 64;

// With thousands of flows it is the memory, not the arithmetic, that costs. So what every packet
// touches comes first and lies together, then what a packet with data touches, then the rest.
struct alignas(kCacheLine) Flow {
  FlowKey key;
  bool client_first = false;  // as OrderedKey::source_first, for what the client sends
  bool syn_seen = false;
  bool ended = false;  // its end was told; kept to recognise stragglers
  Standing standing = Standing::silent;
  bool contested = false;       // another connection may have taken its ports
  std::uint8_t looks_left = 0;  // segments that may still tell which side is the client
  std::int64_t touched_ns = 0;  // the table's bookkeeping
  std::uint64_t touched_packet = 0;
  HalfStream halves[2];  // by Direction
  FlowFacts facts;
  std::optional<Conversation> talk;
  std::size_t held = 0;          // bytes buffered, as last counted
  std::unique_ptr<Rival> rival;  // where `contested`
  std::int64_t closed_ns = 0;
  Direction reset_by = Direction::to_server;  // and how far both directions were then
  std::uint64_t delivered_at_reset[2] = {0, 0};
  std::uint64_t hash = 0;
  Flow* older = nullptr;
  Flow* newer = nullptr;
};

// So many bytes of a Flow are touched by every packet, and by one with data.
inline constexpr std::size_t kFlowOfEvery = 256;
inline constexpr std::size_t kFlowOfData = 512;

class FlowTable {
 public:
  explicit FlowTable(std::size_t max_flows);

  // `hash` is hash_of(key), here and below.
  Flow* find(const FlowKey& key, std::uint64_t hash) const {
    return slots_[slot_of(key, hash)].flow;
  }
  // Hints that find() will be called with this hash; will_use() when the first hint has had time,
  // that so many bytes of the flow will be worked on.
  void will_find(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void will_use(std::uint64_t hash, std::size_t bytes) const {
    const Slot& slot = slots_[hash & (slots_.size() - 1)];
    if (slot.hash != hash || slot.flow == nullptr) return;
    const auto* const flow = reinterpret_cast<const char*>(slot.flow);
    for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(flow + at);
  }
  // Seeded: nobody can send a thousand flows that share a place.
  std::uint64_t hash_of(const FlowKey& key) const {
    std::uint64_t state = seed_;
    for (const std::uint64_t word : key.words) {
      state = (state ^ word) * 0x9E3779B97F4A7C15ULL;
      state ^= state >> 29;
    }
    return state;
  }
  // Room must have been made; the key must be new.
  Flow& create(const FlowKey& key, std::uint64_t hash);
  void remove(Flow& flow);
  // Moves it to the end of its row, or of another row. What was there lately stays where it is:
  // that saves three cache misses, and whoever is active still cannot become the oldest of a full
  // table, since at most one flow is forgotten per packet.
  void touch(Flow& flow, Standing standing, std::uint64_t packet, std::int64_t now_ns) {
    if (flow.standing == standing && packet - flow.touched_packet < stale_packets_ &&
        now_ns - flow.touched_ns < kStaleNs)
      return;
    flow.touched_packet = packet;
    flow.touched_ns = now_ns;
    move_to_end(flow, standing);
  }

  std::size_t size() const { return size_; }
  bool full() const { return size_ >= max_flows_; }
  // The one to forget first; null if there is none.
  Flow* least_useful() const;
  Flow* oldest(Standing standing) const { return rows_[static_cast<std::size_t>(standing)].oldest; }

 private:
  static constexpr std::int64_t kStaleNs = 1'000'000'000;

  struct Row {
    Flow* oldest = nullptr;
    Flow* newest = nullptr;
  };
  // With the hash beside it, a slot of somebody else is passed without looking at his flow.
  struct Slot {
    Flow* flow = nullptr;
    std::uint64_t hash = 0;
  };
  // Where the key is, or else the empty slot where it would go.
  std::size_t slot_of(const FlowKey& key, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    while (slots_[slot].flow != nullptr &&
           !(slots_[slot].hash == hash && slots_[slot].flow->key == key))
      slot = (slot + 1) & mask;
    return slot;
  }
  void unlink(Flow& flow);
  void link(Flow& flow, Standing standing);
  void move_to_end(Flow& flow, Standing standing);
  void grow();

  std::size_t max_flows_;
  std::uint64_t stale_packets_;
  std::uint64_t seed_;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;              // open addressing, linear probing; a power of two
  std::vector<std::vector<Flow>> pool_;  // pieces that never grow: flows stay where they are
  std::vector<Flow*> free_;
  Row rows_[kStandings];
};

}  // namespace wxsec::flow
