// A hash table with open addressing over a pool of flows that are used again: once warm, packets
// cost no allocation. Three rows, each a doubly linked list in order of use, tell at once whom to
// forget.
#include "lib/flow/flow_table.h"

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

std::uint64_t mix(std::uint64_t state, std::uint64_t value) {
  state = (state ^ value) * 0x9E3779B97F4A7C15ULL;
  return state ^ (state >> 29);
}

std::uint64_t mix(std::uint64_t state, const Endpoint& endpoint) {
  wire::Reader in(endpoint.address.bytes);
  state = mix(state, in.le_u64());
  if (endpoint.address.size == 16) state = mix(state, in.le_u64());
  return mix(state, endpoint.port);
}

}  // namespace

FlowTable::FlowTable(std::size_t max_flows) : max_flows_(max_flows), slots_(1024, nullptr) {}

std::size_t FlowTable::hash(const FlowKey& key) { return mix(mix(0x51ED270B, key.low), key.high); }

// Where the key is, or else the empty slot where it would go.
std::size_t FlowTable::slot_of(const FlowKey& key) const {
  std::size_t slot = hash(key) & (slots_.size() - 1);
  while (slots_[slot] != nullptr && !(slots_[slot]->key == key))
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

Flow* FlowTable::find(const FlowKey& key) { return slots_[slot_of(key)]; }

void FlowTable::grow() {
  const std::vector<Flow*> old = std::exchange(slots_, std::vector<Flow*>(slots_.size() * 2));
  for (Flow* const flow : old) {
    if (flow != nullptr) slots_[slot_of(flow->key)] = flow;
  }
}

Flow& FlowTable::create(const FlowKey& key) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  if (free_.empty()) {
    pool_.emplace_back();
    free_.push_back(&pool_.back());
  }
  Flow& flow = *free_.back();
  free_.pop_back();
  flow.key = key;
  slots_[slot_of(key)] = &flow;
  ++size_;
  link(flow, Standing::silent);
  return flow;
}

// Linear probing: those that were pushed on by this one move back (Knuth 6.4, algorithm R).
void FlowTable::remove(Flow& flow) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(flow.key);
  std::size_t next = hole;
  while (true) {
    next = (next + 1) & mask;
    if (slots_[next] == nullptr) break;
    const std::size_t home = hash(slots_[next]->key) & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = nullptr;
  --size_;
  unlink(flow);
  flow = Flow{};
  free_.push_back(&flow);
}

void FlowTable::touch(Flow& flow, Standing standing) {
  Row& row = rows_[static_cast<std::size_t>(standing)];
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
