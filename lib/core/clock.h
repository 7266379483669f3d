// What time it is, as a thing that is passed in: tests own the clock, so nothing expires on them.
#pragma once

#include <chrono>

namespace wxsec::core {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// The machine's own clock. Thread-safe; lives as long as the program.
const Clock& system_clock();

// A clock that stands where it is put.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }
  void set(Instant now) { now_ = now; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Instant now_;
};

// A moment of the steady clock by which something must have happened. Never moved by NTP.
class Deadline {
 public:
  static Deadline in(std::chrono::milliseconds span) {
    return Deadline(std::chrono::steady_clock::now() + span);
  }
  // Time left, never negative, rounded up to whole milliseconds: fit for poll(2).
  std::chrono::milliseconds left() const;
  bool passed() const { return left().count() == 0; }

 private:
  explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}
  std::chrono::steady_clock::time_point at_;
};

}  // namespace wxsec::core
