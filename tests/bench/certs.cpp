// The fleet and the check without the command line around them: bench_certs issue DIR COUNT
// [THREADS], bench_certs check PATH. Prints CPU seconds, wall seconds and the growth of memory;
// certs.sh has the ratios.
#include <fmt/core.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "src/issue/fleet.h"
#include "src/look/check.h"

using namespace wxsec;

namespace {

struct Used {
  double cpu_s;
  long peak_kib;
};

Used used() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss};
}

int issue(const char* dir, unsigned count, unsigned threads) {
  certs::FleetOptions options;
  options.each.dir = dir;
  options.each.name = "bench";
  options.count = count;
  options.threads = threads;
  const auto report = certs::issue_fleet(options, core::system_clock(), {});
  if (!report) return fmt::print(stderr, "{}\n", report.error().what), 1;
  return 0;
}

int check(const char* path) {
  certs::CheckOptions options;
  options.targets = {path};
  options.dir = path;
  const auto report = certs::check(options, core::system_clock());
  if (!report) return fmt::print(stderr, "{}\n", report.error().what), 1;
  fmt::print("{} items, {} fine  ", report->items.size(), report->count(certs::CheckState::fine));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  const auto number = [&](int at) {
    return argc > at ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 10)) : 0U;
  };
  const auto start = std::chrono::steady_clock::now();
  const Used before = used();
  int result = 2;
  if (what == "issue") result = issue(argv[2], number(3), number(4));
  if (what == "check") result = check(argv[2]);
  if (result == 2)
    fmt::print(stderr, "usage: bench_certs issue DIR COUNT [THREADS] | check PATH\n");
  const Used after = used();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  fmt::print("{:.3f} s CPU  {:.3f} s wall  {} KiB more memory\n", after.cpu_s - before.cpu_s,
             wall.count(), after.peak_kib - before.peak_kib);
  return result;
}
