// Level-triggered epoll with one interest set per connection, changed only when it differs. Time is
// kept by a coarse tick: four times a second all deadlines are looked at, which for the four
// thousand connections of a full house costs less than one handshake.
//
// Other threads reach a loop through one eventfd: for new connections, for published events, and to
// stop it.
#include "lib/http/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace wxsec::http {
namespace {

constexpr std::chrono::milliseconds kTick = std::chrono::milliseconds(250);
constexpr int kEventsPerTurn = 128;

}  // namespace

EventLoop::EventLoop(const LiveContext* context, Surroundings surroundings)
    : context_(context),
      around_(surroundings),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = event_.get()}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &event);
}

EventLoop::~EventLoop() {
  for (auto& [feed, subscription] : feeds_) feed->unsubscribe(subscription.token);
}

void EventLoop::wake() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake anyway.
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

void EventLoop::adopt(core::Fd socket, std::string address) {
  {
    const std::scoped_lock lock(mutex_);
    arrivals_.push_back({std::move(socket), std::move(address)});
  }
  wake();
}

void EventLoop::run(const std::stop_token& stop, std::chrono::milliseconds grace) {
  const std::stop_callback on_stop(stop, [this] { wake(); });
  while (!stop.stop_requested()) {
    turn(!again_.empty() ? 0 : entries_.empty() ? -1 : static_cast<int>(kTick.count()));
  }
  wind_down(grace);
}

void EventLoop::turn(int timeout_ms) {
  std::array<epoll_event, kEventsPerTurn> events{};
  const int n = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, timeout_ms);
  const TimePoint now = std::chrono::steady_clock::now();
  for (const int fd : std::exchange(again_, {})) {
    if (const auto found = entries_.find(fd); found != entries_.end()) {
      found->second.connection->on_ready(now);
      settle(fd);
    }
  }
  for (int i = 0; i < n; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == event_.get()) {
      on_wake(now);
    } else if (const auto found = entries_.find(fd); found != entries_.end()) {
      found->second.connection->on_ready(now);
      settle(fd);
    }
  }
  if (now >= next_tick_) tick(now);
}

void EventLoop::on_wake(TimePoint now) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_.get(), &count, sizeof count);
  take_arrivals(now);
  std::vector<int> readers;
  for (const auto& [feed, subscription] : feeds_) {
    readers.insert(readers.end(), subscription.readers.begin(), subscription.readers.end());
  }
  for (const int fd : readers) {
    entries_.at(fd).connection->on_published(now);
    settle(fd);
  }
}

void EventLoop::take_arrivals(TimePoint now) {
  std::vector<Arrival> arrivals;
  {
    const std::scoped_lock lock(mutex_);
    arrivals.swap(arrivals_);
  }
  if (arrivals.empty()) return;
  const auto tls = context_ != nullptr ? context_->current() : std::nullopt;
  for (Arrival& arrival : arrivals) {
    const int fd = arrival.socket.get();
    Entry& entry = entries_[fd];
    entry.connection = std::make_unique<Connection>(std::move(arrival.socket), tls,
                                                    std::move(arrival.address), around_, now);
    entry.interest = EPOLLIN;
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
}

// After a connection did something: is it over, does it wait for something else, is it a reader
// now?
void EventLoop::settle(int fd) {
  Entry& entry = entries_.at(fd);
  Connection& connection = *entry.connection;
  if (connection.finished()) return forget(fd);
  if (EventFeed* feed = connection.feed()) subscribe(*feed, fd);
  if (connection.has_more()) again_.push_back(fd);
  const unsigned wanted = (connection.wants_read() ? unsigned{EPOLLIN} : 0U) |
                          (connection.wants_write() ? unsigned{EPOLLOUT} : 0U);
  if (wanted == entry.interest) return;
  entry.interest = wanted;
  epoll_event event{.events = wanted, .data = {.fd = fd}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

// One subscription per feed and loop, however many readers it has here.
void EventLoop::subscribe(EventFeed& feed, int fd) {
  Subscription& subscription = feeds_[&feed];
  if (!subscription.feed) {
    subscription.feed = feed.shared_from_this();
    subscription.token = feed.subscribe([this] { wake(); });
  }
  if (subscription.readers.insert(fd).second) wake();  // what was published meanwhile
}

void EventLoop::forget(int fd) {
  for (auto it = feeds_.begin(); it != feeds_.end();) {
    it->second.readers.erase(fd);
    if (!it->second.readers.empty()) {
      ++it;
      continue;
    }
    it->first->unsubscribe(it->second.token);
    it = feeds_.erase(it);
  }
  entries_.erase(fd);  // closes it, which takes it out of epoll
  --around_.counters.open;
}

template <class Action>
void EventLoop::with_each(Action action) {
  std::vector<int> fds;
  fds.reserve(entries_.size());
  for (const auto& [fd, entry] : entries_) fds.push_back(fd);
  for (const int fd : fds) {
    action(*entries_.at(fd).connection);
    settle(fd);
  }
}

void EventLoop::tick(TimePoint now) {
  next_tick_ = now + kTick;
  const auto tls = context_ != nullptr ? context_->current() : std::nullopt;
  with_each([now, &tls](Connection& connection) {
    if (tls) connection.recheck(*tls);
    connection.on_tick(now);
  });
}

void EventLoop::wind_down(std::chrono::milliseconds grace) {
  const TimePoint end = std::chrono::steady_clock::now() + grace;
  take_arrivals(std::chrono::steady_clock::now());
  with_each([](Connection& connection) { connection.wind_down(std::chrono::steady_clock::now()); });
  while (!entries_.empty() && std::chrono::steady_clock::now() < end) turn(20);
  with_each([](Connection& connection) { connection.abandon(); });
}

}  // namespace wxsec::http
