// One thread that serves its share of the connections with epoll(7). Internal to lib/http.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/core/fd.h"
#include "lib/http/connection.h"
#include "lib/http/live_context.h"

namespace wxsec::http {

class EventLoop {
 public:
  // `context` null: plaintext. The arguments must outlive it. Fails (abort) only without memory or
  // descriptors.
  EventLoop(const LiveContext* context, Surroundings surroundings);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Serves until `stop`, then for at most `grace` more what is being answered.
  void run(const std::stop_token& stop, std::chrono::milliseconds grace);

  // Hands over a connected, non-blocking socket. Thread-safe.
  void adopt(core::Fd socket, std::string address);
  // Makes run() look around at once. Thread-safe.
  void wake() const;
  bool valid() const { return epoll_ && event_; }

 private:
  using TimePoint = Connection::TimePoint;
  struct Entry {
    std::unique_ptr<Connection> connection;
    unsigned interest = 0;
  };
  struct Arrival {
    core::Fd socket;
    std::string address;
  };
  struct Subscription {
    std::shared_ptr<EventFeed> feed;
    std::uint64_t token = 0;
    std::set<int> readers;
  };

  void turn(int timeout_ms);
  void on_wake(TimePoint now);
  void take_arrivals(TimePoint now);
  void settle(int fd);
  void subscribe(EventFeed& feed, int fd);
  void forget(int fd);
  void tick(TimePoint now);
  void wind_down(std::chrono::milliseconds grace);
  template <class Action>
  void with_each(Action action);

  const LiveContext* context_;
  Surroundings around_;
  core::Fd epoll_;
  core::Fd event_;
  std::unordered_map<int, Entry> entries_;
  std::map<EventFeed*, Subscription> feeds_;
  std::vector<int> again_;  // have more to do without being ready
  TimePoint next_tick_{};
  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
};

}  // namespace wxsec::http
