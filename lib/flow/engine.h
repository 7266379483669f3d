// Packets in, events out: link, IP, TCP, reassembly, protocol. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/capture/packet.h"
#include "lib/decrypt/keylog.h"
#include "lib/flow/flow_table.h"
#include "lib/flow/fragments.h"
#include "lib/flow/past.h"
#include "lib/flow/tcp.h"

namespace wxsec::flow {

struct EngineLimits {
  std::size_t max_flows = 30'000;
  std::size_t max_held = std::size_t{16} << 20;  // bytes buffered in all flows together
  std::size_t max_remembered = Past::kMost;      // bytes that retransmissions are compared with
  std::int64_t idle_ns = 7'200'000'000'000;      // a talking flow is forgotten after so long
  std::int64_t silent_idle_ns = 60'000'000'000;  // one that never said anything
  std::int64_t closed_ns = 5'000'000'000;        // how long stragglers are waited for
};

struct EngineCounters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t not_tcp = 0;  // IP and other protocols that are none of ours
  // Of a link type that we cannot take off, and which one: anything may be inside.
  std::uint64_t not_understood = 0;
  int link_not_understood = 0;
  std::uint64_t flows = 0;
  std::uint64_t evicted = 0;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
};

class Engine {
 public:
  Engine(const EngineLimits& limits, EventSink sink);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void take(const capture::Packet& packet);
  // The same for several. While the first ones are worked on, memory is already asked for what the
  // others will need.
  void take(std::span<const capture::Packet> packets);
  // The capture is silent: ends what should be ended by `now_ns`.
  void tick(std::int64_t now_ns);
  // The capture is over: every flow that is still open tells its end.
  void finish();

  // Secrets for decryption; may be fed at any time.
  decrypt::KeyLog& keys() { return keys_; }
  // They were fed while capturing: opens what waited for them.
  void keys_grew();
  const EngineCounters& counters() const { return counters_; }
  // So many retransmissions came too late to be compared with all that they repeat.
  std::uint64_t not_compared() const { return past_.not_compared(); }
  // Bytes buffered in all flows together, as far as counted: never much above the limit.
  std::size_t held() const { return held_; }

 private:
  class Feeder;
  static constexpr std::size_t kBatch = 32;
  static constexpr unsigned kExpireEvery = 8;  // packets

  // A packet with its headers read.
  struct Prepared {
    IpPacket ip;
    TcpSegment tcp;
    OrderedKey ordered;
    std::uint64_t hash = 0;
    bool is_ip = false;
    bool is_tcp = false;  // and no fragment, and not in a tunnel: then all of the above is there
  };

  // What is known of a flow when it begins.
  struct Newcomer {
    FlowKey key;
    std::uint64_t hash = 0;
    bool client_first = false;
    Endpoint client;
    Endpoint server;
    std::int64_t first_ns = 0;
    std::uint64_t first_packet = 0;
    bool mid_stream = false;
    std::uint8_t looks = 0;  // see Flow::looks_left
  };

  void prepare(const capture::Packet& packet, Prepared& out) const;
  void address(Prepared& packet) const;
  void take(const capture::Packet& packet, Prepared& prepared);
  bool unwrap(Prepared& packet, const capture::Packet& captured);
  void count_without_tcp(const capture::Packet& packet);
  void segment(const Prepared& packet);
  void tell_contradiction(Flow& flow, Direction direction);
  Flow* flow_for(const Prepared& packet);
  Flow* handshake(Flow& known, const Prepared& packet);
  void end_for_another(Flow& known);
  void note_rival(Flow& known, const Prepared& packet);
  static void go_on(Flow& known, const Prepared& packet);
  Flow* give_way(Flow& known);
  Flow* forget(Flow& flow);
  Flow& start(const Prepared& packet);
  Flow& create(const Newcomer& newcomer);
  static bool source_is_client(const TcpSegment& segment, std::uint8_t& looks);
  static void look_who_speaks(Flow& flow, const Prepared& packet);
  static void turn_around(Flow& flow);
  void make_room();
  void deliver(Flow& flow, Direction direction, const TcpSegment& segment);
  void synchronise(Flow& flow, Direction direction, const TcpSegment& segment);
  void reset(Flow& flow, Direction direction, const TcpSegment& segment);
  void reopen_if_alive(Flow& flow, Direction direction);
  void end_directions(Flow& flow);
  void close_if_over(Flow& flow);
  void flush(Flow& flow);
  void end(Flow& flow, Ending why);
  void expire();
  void account(Flow& flow);
  void relieve(Flow& greedy);
  void shed(Flow& flow);
  Scene scene_for(Flow& flow);

  EngineLimits limits_;
  EventSink sink_;
  FlowTable table_;
  Fragments fragments_;
  Past past_;
  decrypt::KeyLog keys_;
  EngineCounters counters_;
  std::uint64_t packet_ = 0;
  std::int64_t now_ns_ = 0;
  std::size_t held_ = 0;
  bool finishing_ = false;  // all end now: whoever walks through them must not lose one on the way
  Scratch scratch_;
  std::array<Prepared, kBatch> prepared_;
};

}  // namespace wxsec::flow
