// A counter-based generator: instead of a state that advances, each draw hashes where it belongs.
// The mixing function is SplitMix64's (Steele, Lea, Flood 2014), whose output passes the usual
// batteries when fed with consecutive counters.
#include "src/weather/chance.h"

#include <cmath>

namespace wxsec::weather {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

double unit(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

}  // namespace

Chance::Chance(std::uint64_t seed, std::string_view name) : key_(mix(seed + kGolden)) {
  for (const char c : name) key_ = mix(key_ + kGolden + static_cast<unsigned char>(c));
}

std::uint64_t Chance::draw(unsigned stream, std::int64_t index) const {
  const std::uint64_t place = key_ + (stream + 1) * 0xD1B54A32D192ED03U;
  return mix(mix(place) + static_cast<std::uint64_t>(index) * kGolden);
}

double Chance::uniform(unsigned stream, std::int64_t index) const {
  return unit(draw(stream, index));
}

double Chance::noise(unsigned stream, std::int64_t index) const {
  const std::uint64_t bits = draw(stream, index);
  double sum = 0;
  for (unsigned i = 0; i < 4; ++i) sum += static_cast<double>((bits >> (16 * i)) & 0xFFFF);
  // Four uniforms on [0, 65535]: mean 2, variance 4/12 in units of the width.
  return (sum / 65535.0 - 2.0) * std::sqrt(3.0);
}

double Chance::gamma(unsigned stream, std::int64_t index, double shape) const {
  // A shape below 1 is one above it times a power of a uniform.
  const double boost = shape < 1 ? std::pow(uniform(stream, index * 64 + 63), 1.0 / shape) : 1.0;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (std::int64_t attempt = 0; attempt < 31; ++attempt) {
    const double x = noise(stream, index * 64 + 2 * attempt);
    const double v = std::pow(1.0 + c * x, 3);
    if (v <= 0) continue;
    const double u = uniform(stream, index * 64 + 2 * attempt + 1);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return boost * d * v;
  }
  return boost * d;  // after 31 refusals of 5 % each: the mode
}

double Chance::autoregressive(unsigned stream, double at, double phi) const {
  // x(n) = sum over k of phi^k e(n-k), cut where the rest is under half a percent. Both neighbours
  // share all innovations but the newest, so one pass gives them.
  const double floor = std::floor(at);
  const double fraction = at - floor;
  const auto n = static_cast<std::int64_t>(floor);
  double weight = 1;
  double left = 0;
  for (std::int64_t k = 0; weight > 0.005; ++k, weight *= phi)
    left += weight * noise(stream, n - k);
  const double scale = std::sqrt(1 - phi * phi);
  const double right = scale * noise(stream, n + 1) + phi * left * scale;
  left *= scale;
  const double w = fraction * fraction * (3 - 2 * fraction);
  // Mixing two correlated values lowers their variance; this brings it back to one.
  const double spread = std::sqrt((1 - w) * (1 - w) + w * w + 2 * w * (1 - w) * phi);
  return (left * (1 - w) + right * w) / spread;
}

}  // namespace wxsec::weather
