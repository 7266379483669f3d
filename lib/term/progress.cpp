#include "lib/term/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "lib/core/time.h"
#include "lib/term/style.h"

namespace wxsec::term {
namespace {

constexpr std::chrono::milliseconds kQuietStart{1'000};
constexpr std::chrono::milliseconds kInterval{100};
constexpr std::size_t kBarWidth = 30;

}  // namespace

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)),
      total_(total),
      enabled_(is_terminal(stderr)),
      start_(std::chrono::steady_clock::now()),
      next_draw_(start_ + kQuietStart) {}

Progress::~Progress() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

void Progress::update(std::uint64_t done) {
  if (!enabled_ || std::chrono::steady_clock::now() < next_draw_) return;
  next_draw_ = std::chrono::steady_clock::now() + kInterval;
  draw(done);
}

void Progress::draw(std::uint64_t done) {
  drawn_ = true;
  std::string line;
  if (total_ == 0) {
    line = fmt::format("{} {}", label_, done);
  } else {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start_);
    const auto left = share > 0 ? spent * ((1 - share) / share) : spent;
    line = fmt::format(
        "{} [{}{}] {}/{} ({} left)", label_, std::string(filled, '#'),
        std::string(kBarWidth - filled, '.'), done, total_,
        core::human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(left)));
  }
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace wxsec::term
