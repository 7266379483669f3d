// Nothing in plain MQTT tells a client who answers, and nothing tells the broker whether a byte was
// changed on its way: TCP's checksum is there against noise, and everybody can compute it.
#include "src/lab/middle.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "src/weather/payload.h"

namespace wxsec::lab {
namespace {

using core::Deadline;
using core::Result;
using namespace std::chrono_literals;

constexpr int kTickMs = 20;  // how often a stop is looked for
constexpr std::string_view kMember = "\"temperature_c\":";

// A hot day in exactly `length` characters of JSON, none that ends in a point.
std::string hot(std::size_t length) {
  if (length == 1) return "9";
  if (length == 3) return "9.9";
  std::string text = "39.00000000";
  text.resize(length, '0');
  return text;
}

// Changes the reading that begins at `open`, if a whole one does.
std::optional<Tampered> tamper_one(std::string& bytes, std::size_t open) {
  const std::size_t close = bytes.find('}', open);
  if (close == std::string::npos) return {};
  const std::string_view json = std::string_view(bytes).substr(open, close + 1 - open);
  const auto sent = weather::decode_reading(json);
  const std::size_t member = json.find(kMember);
  if (!sent || member == std::string_view::npos) return {};
  const std::size_t begin = open + member + kMember.size();
  const std::size_t length = bytes.find_first_of(",}", begin) - begin;
  if (length == 0) return {};
  bytes.replace(begin, length, hot(length));
  const auto changed =
      weather::decode_reading(std::string_view(bytes).substr(open, close + 1 - open));
  if (!changed) return {};
  return Tampered{sent->sequence, sent->temperature_c, changed->temperature_c};
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// What has arrived; nothing at the end of the stream.
std::optional<std::string> receive(int fd) {
  std::array<char, 16 * 1024> buffer{};
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (count <= 0) return {};
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

}  // namespace

std::vector<Tampered> tamper(std::string& bytes) {
  std::vector<Tampered> out;
  for (std::size_t open = bytes.find('{'); open != std::string::npos;
       open = bytes.find('{', open + 1)) {
    if (const auto one = tamper_one(bytes, open)) out.push_back(*one);
  }
  return out;
}

struct Middle::State {
  State(net::Endpoint b, net::Listener l) : broker(std::move(b)), listener(std::move(l)) {}

  net::Endpoint broker;
  net::Listener listener;
  mutable std::mutex mutex;
  std::vector<Tampered> changed;
  std::jthread thread;  // last: joins before the rest goes

  void run(const std::stop_token& stop);
  void relay(const core::Fd& client, const core::Fd& upstream, const std::stop_token& stop);
  bool pass_up(const core::Fd& client, const core::Fd& upstream);
};

bool Middle::State::pass_up(const core::Fd& client, const core::Fd& upstream) {
  auto bytes = receive(client.get());
  if (!bytes) return false;
  const auto news = tamper(*bytes);
  if (!send_all(upstream.get(), *bytes)) return false;
  const std::lock_guard lock(mutex);
  changed.insert(changed.end(), news.begin(), news.end());
  return true;
}

void Middle::State::relay(const core::Fd& client, const core::Fd& upstream,
                          const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> both{{{client.get(), POLLIN, 0}, {upstream.get(), POLLIN, 0}}};
    if (::poll(both.data(), both.size(), kTickMs) <= 0) continue;
    if (both[0].revents != 0 && !pass_up(client, upstream)) return;
    if (both[1].revents == 0) continue;
    const auto bytes = receive(upstream.get());
    if (!bytes || !send_all(client.get(), *bytes)) return;
  }
}

void Middle::State::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd one{listener.fd.get(), POLLIN, 0};
    if (::poll(&one, 1, kTickMs) <= 0) continue;
    const core::Fd client(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    const auto upstream = net::dial(broker, Deadline::in(2s));
    if (upstream) relay(client, *upstream, stop);
  }
}

Middle::Middle(std::unique_ptr<State> state) : state_(std::move(state)) {}
Middle::Middle(Middle&&) noexcept = default;
Middle& Middle::operator=(Middle&&) noexcept = default;
Middle::~Middle() = default;

Result<Middle> Middle::start(net::Endpoint broker) {
  auto listener = WXSEC_TRY(net::listen({net::Scheme::mqtt, "127.0.0.1", 0, {}}, 4));
  auto state = std::make_unique<State>(std::move(broker), std::move(listener));
  State* const raw = state.get();
  state->thread = std::jthread([raw](const std::stop_token& stop) { raw->run(stop); });
  return Middle(std::move(state));
}

net::Endpoint Middle::endpoint() const { return state_->listener.endpoint; }

std::vector<Tampered> Middle::tampered() const {
  const std::lock_guard lock(state_->mutex);
  return state_->changed;
}

}  // namespace wxsec::lab
