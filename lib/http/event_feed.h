// Server-sent events: what is published once reaches every open stream of the feed. (WHATWG HTML,
// section 9.2.) The last events are kept, so a browser that reconnects misses nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace wxsec::http {

class EventFeed : public std::enable_shared_from_this<EventFeed> {
 public:
  // Keeps the last `history` events; a reader who falls behind by more is cut off and may
  // reconnect.
  static std::shared_ptr<EventFeed> create(std::size_t history);

  // Thread-safe; returns at once. `data` may hold newlines. Never blocks on slow readers.
  void publish(std::string_view event, std::string_view data);
  // Ends all streams after what was published: their connections are closed.
  void close();
  std::size_t readers() const;  // open streams at this moment

  // --- for the server ---
  using Position = std::uint64_t;
  // Where a new reader starts: after event `last_id`, or at the end if that is empty or unknown.
  Position start(std::string_view last_id) const;
  enum class State { more, waiting, fell_behind, closed };
  // Appends what lies after `at`, at most about `max_bytes`, in wire format, and moves `at`.
  State read(Position& at, std::size_t max_bytes, std::string& out) const;
  // `wake` is called (from the publisher's thread) whenever there is something new.
  std::uint64_t subscribe(std::function<void()> wake);
  void unsubscribe(std::uint64_t token);
  void count_reader(int change);

 private:
  void wake_all();

  explicit EventFeed(std::size_t history) : history_(history) {}

  const std::size_t history_;
  mutable std::mutex mutex_;
  std::deque<std::string> events_;  // in wire format; the first has number first_
  Position first_ = 1;
  bool closed_ = false;
  std::size_t readers_ = 0;
  std::uint64_t next_token_ = 1;
  std::map<std::uint64_t, std::function<void()>> wakers_;
};

}  // namespace wxsec::http
