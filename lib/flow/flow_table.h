// All flows that are alive, found by their endpoints, in order of use.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "lib/flow/conversation.h"
#include "lib/flow/event.h"
#include "lib/flow/reassembly.h"

namespace wxsec::flow {

// Both directions of a flow have the same key: the smaller endpoint comes first.
struct FlowKey {
  Endpoint low;
  Endpoint high;
  bool operator==(const FlowKey&) const = default;
};

// How useful it is to remember a flow; the first kinds are forgotten first when room is short.
enum class Standing : std::uint8_t { closed, silent, talking };
inline constexpr std::size_t kStandings = 3;

struct Flow {
  FlowKey key;
  FlowFacts facts;
  HalfStream halves[2];  // by Direction
  std::unique_ptr<Conversation> talk;
  std::uint32_t first_sequence[2] = {0, 0};
  bool syn_seen = false;
  bool ended = false;  // its end was told; kept to recognise stragglers
  std::int64_t closed_ns = 0;
  std::size_t held = 0;  // bytes buffered, as last counted
  // Bookkeeping of the table.
  Standing standing = Standing::silent;
  Flow* older = nullptr;
  Flow* newer = nullptr;
};

class FlowTable {
 public:
  explicit FlowTable(std::size_t max_flows);

  Flow* find(const FlowKey& key);
  // Room must have been made; the key must be new.
  Flow& create(const FlowKey& key);
  void remove(Flow& flow);
  // Moves it to the end of its row, or of another row.
  void touch(Flow& flow, Standing standing);

  std::size_t size() const { return size_; }
  bool full() const { return size_ >= max_flows_; }
  // The one to forget first; null if there is none.
  Flow* least_useful() const;
  Flow* oldest(Standing standing) const { return rows_[static_cast<std::size_t>(standing)].oldest; }

 private:
  struct Row {
    Flow* oldest = nullptr;
    Flow* newest = nullptr;
  };
  static std::size_t hash(const FlowKey& key);
  void unlink(Flow& flow);
  void link(Flow& flow, Standing standing);
  std::size_t slot_of(const FlowKey& key) const;
  void grow();

  std::size_t max_flows_;
  std::size_t size_ = 0;
  std::vector<Flow*> slots_;  // open addressing, linear probing; a power of two
  std::deque<Flow> pool_;
  std::vector<Flow*> free_;
  Row rows_[kStandings];
};

}  // namespace wxsec::flow
