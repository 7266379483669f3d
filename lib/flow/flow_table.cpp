// A hash table with open addressing over a pool of flows that are used again: once warm, packets
// cost no allocation. Three rows, each a doubly linked list in order of use, tell at once whom to
// forget.
#include "lib/flow/flow_table.h"

#include <algorithm>
#include <bit>
#include <random>

namespace wxsec::flow {
namespace {

constexpr std::size_t kPiece = 64;  // flows
constexpr std::size_t kFirstSlots = 1024;

// One for all tables of the process: unknown to who sends packets, and asked for once.
std::uint64_t hash_seed() {
  static const std::uint64_t seed =
      (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  return seed;
}

}  // namespace

FlowTable::FlowTable(std::size_t max_flows)
    : max_flows_(max_flows),
      stale_packets_(max_flows / 2 + 1),
      seed_(hash_seed()),
      slots_(std::bit_ceil(std::min(kFirstSlots, 2 * max_flows + 2))) {}

void FlowTable::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.flow != nullptr) slots_[slot_of(slot.flow->key, slot.hash)] = slot;
  }
}

Flow& FlowTable::create(const FlowKey& key, std::uint64_t hash) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  if (free_.empty()) {
    if (pool_.empty() || pool_.back().size() == pool_.back().capacity())
      pool_.emplace_back().reserve(std::clamp(max_flows_, std::size_t{1}, kPiece));
    free_.push_back(&pool_.back().emplace_back());
  }
  Flow& flow = *free_.back();
  free_.pop_back();
  flow.key = key;
  flow.hash = hash;
  slots_[slot_of(key, hash)] = {&flow, hash};
  ++size_;
  link(flow, Standing::silent);
  return flow;
}

// Linear probing: those that were pushed on by this one move back (Knuth 6.4, algorithm R).
void FlowTable::remove(Flow& flow) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(flow.key, flow.hash);
  std::size_t next = hole;
  while (true) {
    next = (next + 1) & mask;
    if (slots_[next].flow == nullptr) break;
    const std::size_t home = slots_[next].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = {};
  --size_;
  unlink(flow);
  flow = Flow{};
  free_.push_back(&flow);
}

void FlowTable::move_to_end(Flow& flow, Standing standing) {
  const Row& row = rows_[static_cast<std::size_t>(standing)];
  if (flow.standing == standing && row.newest == &flow) return;
  unlink(flow);
  link(flow, standing);
}

void FlowTable::unlink(Flow& flow) {
  Row& row = rows_[static_cast<std::size_t>(flow.standing)];
  (flow.older != nullptr ? flow.older->newer : row.oldest) = flow.newer;
  (flow.newer != nullptr ? flow.newer->older : row.newest) = flow.older;
  flow.older = flow.newer = nullptr;
}

void FlowTable::link(Flow& flow, Standing standing) {
  Row& row = rows_[static_cast<std::size_t>(standing)];
  flow.standing = standing;
  flow.older = row.newest;
  flow.newer = nullptr;
  (row.newest != nullptr ? row.newest->newer : row.oldest) = &flow;
  row.newest = &flow;
}

Flow* FlowTable::least_useful() const {
  for (const Row& row : rows_) {
    if (row.oldest != nullptr) return row.oldest;
  }
  return nullptr;
}

}  // namespace wxsec::flow
