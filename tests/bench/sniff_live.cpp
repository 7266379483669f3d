// bench_sniff_live LISTEN SEND [PER_SECOND [SECONDS]]: a live capture on one end of a veth pair
// while mixed traffic is sent into the other end at a controlled rate, with full dissection to JSON
// lines. Then single messages on the silent wire: how long until each is printed? Says what was
// received, dropped and found; exit 1 where something was lost. tests/bench/sniff_live.sh makes the
// pair.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "lib/core/fd.h"
#include "lib/core/number.h"
#include "src/sniff/present.h"
#include "tests/support/traffic.h"

using namespace wxsec;
using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr unsigned kProbes = 40;

core::Fd raw_socket(const char* interface) {
  core::Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(0x0003);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    return {};
  return fd;
}

std::vector<core::Bytes> some_traffic() {
  std::vector<core::Bytes> frames;
  test::Traffic(
      [&](core::ByteView frame, std::int64_t) { frames.push_back(core::to_bytes(frame)); }, nullptr)
      .run({.seed = 3, .bytes = 160 << 20, .connections = 1000});
  return frames;
}

struct Sender {
  core::Fd fd;
  std::vector<core::Bytes> frames;
  std::uint64_t sent = 0;
  std::atomic<std::int64_t> probe_sent_us{0};  // 0: none is on its way

  void send(const core::Bytes& frame) {
    if (::send(fd.get(), frame.data(), frame.size(), 0) > 0) ++sent;
  }
  // The rate holds on average, and bursts stay short: whoever comes late sends what is due, a
  // millisecond's worth at a time.
  void steadily(std::uint64_t per_second, unsigned seconds) {
    const auto begin = Clock::now();
    const std::uint64_t total = per_second * seconds;
    for (std::uint64_t next = 0; next < total;) {
      const auto passed = std::chrono::duration_cast<microseconds>(Clock::now() - begin).count();
      const std::uint64_t due =
          std::min(total, static_cast<std::uint64_t>(passed) * per_second / 1'000'000);
      const std::uint64_t stop = std::min(due, next + per_second / 1000 + 1);
      for (; next < stop; ++next) send(frames[next % frames.size()]);
      if (next >= due) std::this_thread::sleep_for(microseconds(500));
    }
  }
  void probe(unsigned i) {
    test::FrameOptions frame{.client = 0x0A630001, .port = 4242, .sequence = 1 + i * 9};
    frame.payload = std::string("\x30\x07\x00\x05probe", 9);
    const core::Bytes bytes = test::ethernet_v4(frame);
    probe_sent_us =
        std::chrono::duration_cast<microseconds>(Clock::now().time_since_epoch()).count();
    send(bytes);
  }
};

double cpu_of_this_thread() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::uint64_t per_second =
      argc > 3 ? core::parse_number<unsigned>(argv[3], 1000, 10'000'000).value_or(50'000) : 50'000;
  const unsigned seconds =
      argc > 4 ? core::parse_number<unsigned>(argv[4], 1, 600).value_or(10) : 10;
  Sender sender;
  sender.fd = raw_socket(argv[2]);
  if (!sender.fd) return 3;
  sender.frames = some_traffic();
  std::vector<std::int64_t> delays_us;
  std::stop_source stop;
  std::jthread sending;
  sniff::PresentOptions options;
  options.session.interface = argv[1];
  options.format = sniff::Format::json_lines;
  std::uint64_t lines = 0;
  const double before = cpu_of_this_thread();
  const auto begin_to_send = [&](std::string_view) {
    if (sending.joinable()) return;
    sending = std::jthread([&] {
      sender.steadily(per_second, seconds);
      std::this_thread::sleep_for(milliseconds(500));
      for (unsigned i = 0; i < kProbes; ++i) {
        sender.probe(i);
        for (int wait = 0; wait < 1000 && sender.probe_sent_us != 0; ++wait)
          std::this_thread::sleep_for(milliseconds(1));
      }
      stop.request_stop();
    });
  };
  const auto printed = [&](std::string_view text) {
    lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    const std::int64_t sent = sender.probe_sent_us;
    if (sent == 0 || text.find("probe") == std::string_view::npos) return;
    delays_us.push_back(
        std::chrono::duration_cast<microseconds>(Clock::now().time_since_epoch()).count() - sent);
    sender.probe_sent_us = 0;
  };
  const auto result =
      sniff::present(options, core::system_clock(), printed, begin_to_send, stop.get_token());
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().what);
    return 3;
  }
  sending.join();
  const double cpu = cpu_of_this_thread() - before;
  std::sort(delays_us.begin(), delays_us.end());
  const capture::Counters& counters = result->summary.counters;
  fmt::print("{} sent at {}/s, {} received, {} dropped by the kernel, {} by the interface\n",
             sender.sent, per_second, counters.received, counters.dropped,
             counters.interface_dropped);
  fmt::print("{} lines, {:.2f} s CPU of the sniffing thread\n", lines, cpu);
  if (!delays_us.empty())
    fmt::print("single messages: {} of {} printed, median {:.1f} ms, slowest {:.1f} ms\n",
               delays_us.size(), kProbes,
               static_cast<double>(delays_us[delays_us.size() / 2]) / 1000,
               static_cast<double>(delays_us.back()) / 1000);
  const bool complete = counters.dropped == 0 && counters.received >= sender.sent;
  return complete && delays_us.size() == kProbes ? 0 : 1;
}
