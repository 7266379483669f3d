// Chance by hashing: the draw for (name, stream, index) is always the same number, so a process
// made of draws can be evaluated at any index without walking there. Not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace wxsec::weather {

class Chance {
 public:
  Chance(std::uint64_t seed, std::string_view name);

  // Uniform in (0, 1), never either end. `stream` keeps the draws of different purposes apart.
  double uniform(unsigned stream, std::int64_t index) const;
  // About normal, mean 0, variance 1, bounded by 3.5 (the sum of four uniforms): for sums of many.
  double noise(unsigned stream, std::int64_t index) const;
  // Gamma with scale 1 (Marsaglia and Tsang 2000).
  double gamma(unsigned stream, std::int64_t index, double shape) const;
  // A stationary first-order autoregressive process, mean 0, variance 1, with correlation `phi`
  // (0 < phi < 1) between whole steps, joined smoothly between them; `at` is in steps.
  double autoregressive(unsigned stream, double at, double phi) const;

 private:
  std::uint64_t draw(unsigned stream, std::int64_t index) const;

  std::uint64_t key_;
};

}  // namespace wxsec::weather
