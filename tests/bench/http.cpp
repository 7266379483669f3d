// Our HTTPS server against nginx on this machine: small answers over kept TLS connections. Only the
// ratios mean anything: both get the same certificate, the same clients and the same noise.
//
//     bench_http [connections] [requests per connection]        (64, 200)
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/number.h"
#include "lib/http/server.h"
#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "lib/pki/issue.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "lib/tls/stream.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;
using Micros = std::chrono::duration<double, std::micro>;

constexpr std::string_view kBody = "{\"temperature_c\": 12.5, \"pressure_hpa\": 1013.2}";

template <class T>
T must(core::Result<T> result) {
  if (result) return std::move(result).value();
  fmt::print(stderr, "bench: {}\n", result.error().what);
  std::exit(3);
}

tls::Identity self_signed() {
  const core::Instant now = core::system_clock().now();
  pki::CertificateSpec spec;
  spec.common_name = "localhost";
  spec.names = {{pki::NameKind::dns, "localhost"}};
  spec.not_before = now - 1h;
  spec.not_after = now + 24h;
  spec.server = true;
  const pki::Key key = must(pki::Key::generate(pki::KeyType::p256));
  return {pki::to_pem(must(pki::Issuer::self_sign(spec, key))), key.to_pem(), "bench"};
}

// User and system time of a process and its children's, from /proc/PID/stat.
Micros cpu_of(pid_t pid) {
  const auto text = core::read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return {};
  std::size_t at = text->rfind(')') + 2;
  for (int field = 3; field < 14; ++field) at = text->find(' ', at) + 1;
  const double ticks =
      std::atof(text->c_str() + at) + std::atof(text->c_str() + text->find(' ', at) + 1);
  return std::chrono::duration<double>(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

struct Outcome {
  double per_second = 0;
  Micros p50{}, p99{}, cpu_per_request{};
};

std::vector<Micros> ask(std::uint16_t port, const tls::ClientContext& context, int connections,
                        int requests) {
  const net::Endpoint target{net::Scheme::https, "127.0.0.1", port, {}};
  std::vector<tls::Stream> streams;
  for (int i = 0; i < connections; ++i) {
    streams.push_back(must(tls::Stream::connect(must(net::dial(target, Deadline::in(10s))), context,
                                                "localhost", Deadline::in(10s))));
  }
  std::vector<Micros> times;
  std::vector<std::chrono::steady_clock::time_point> sent(streams.size());
  std::array<std::uint8_t, 4096> buffer{};
  const auto request = core::as_bytes("GET /reading HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int round = 0; round < requests; ++round) {
    for (std::size_t i = 0; i < streams.size(); ++i) {  // all at once, then collect
      sent[i] = std::chrono::steady_clock::now();
      if (!streams[i].write(request, Deadline::in(10s))) std::exit(4);
    }
    for (std::size_t i = 0; i < streams.size(); ++i) {
      std::string answer;
      while (!answer.ends_with(kBody)) {
        const std::size_t n = must(streams[i].read(buffer, Deadline::in(10s)));
        if (n == 0) std::exit(4);
        answer += core::as_text({buffer.data(), n});
      }
      times.emplace_back(std::chrono::steady_clock::now() - sent[i]);
    }
  }
  return times;
}

Outcome measure(std::uint16_t port, const std::vector<pid_t>& servers, const std::string& ca,
                int connections, int requests) {
  tls::ClientOptions options;
  options.ca_pem = ca;
  const tls::ClientContext context = must(tls::ClientContext::create(options));
  ask(port, context, connections, 5);  // warm
  Micros before{}, after{};
  for (const pid_t pid : servers) before += cpu_of(pid);
  const auto start = std::chrono::steady_clock::now();
  std::vector<Micros> times = ask(port, context, connections, requests);
  const Micros took = std::chrono::steady_clock::now() - start;
  for (const pid_t pid : servers) after += cpu_of(pid);
  std::sort(times.begin(), times.end());
  const double count = static_cast<double>(times.size());
  return {count / (took.count() / 1e6), times[times.size() / 2], times[times.size() * 99 / 100],
          (after - before) / count};
}

// Our server in a process of its own, so that its CPU time is its own.
pid_t start_ours(const tls::Identity& identity, std::uint16_t port) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  http::ServerOptions options;
  options.listen = {net::Scheme::https, "127.0.0.1", port, {}};
  options.tls.emplace();
  options.tls->identity = identity.clone();
  options.threads = 2;
  http::Server server(std::move(options));
  server.route(http::Method::get, "/reading",
               [](const http::Request&) { return http::json_response(200, std::string(kBody)); });
  std::_Exit(server.run({}, {}) ? 0 : 1);
}

proc::Child start_nginx(const core::Path& directory, std::uint16_t port) {
  const std::string d = directory.string();
  static_cast<void>(core::write_file_atomic(
      directory / "nginx.conf",
      fmt::format("daemon off; pid {0}/pid; error_log {0}/log crit; worker_processes 2;\n"
                  "events {{ worker_connections 1024; }}\n"
                  "http {{ access_log off; keepalive_requests 1000000;\n"
                  "  server {{ listen 127.0.0.1:{1} ssl; ssl_certificate {0}/cert.pem;\n"
                  "    ssl_certificate_key {0}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;\n"
                  "    location / {{ default_type application/json; return 200 '{2}'; }} }} }}\n",
                  d, port, kBody),
      {}));
  return must(proc::Child::start({.program = must(proc::which("nginx", "nginx")),
                                  .arguments = {"-p", d, "-c", d + "/nginx.conf"}},
                                 {}));
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  const auto text = core::read_file(fmt::format("/proc/{0}/task/{0}/children", parent), 4096);
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (const auto pid = core::parse_number<pid_t>(word, 1, 1 << 30)) out.push_back(*pid);
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  return out;
}

void wait_for(std::uint16_t port) {
  const Deadline deadline = Deadline::in(10s);
  while (!net::dial({net::Scheme::none, "127.0.0.1", port, {}}, deadline) && !deadline.passed()) {
    std::this_thread::yield();
  }
}

void print(const char* name, const Outcome& o) {
  fmt::print("{:6} {:8.0f} requests/s   p50 {:6.0f} us   p99 {:6.0f} us   CPU {:5.1f} us/request\n",
             name, o.per_second, o.p50.count(), o.p99.count(), o.cpu_per_request.count());
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const int connections = argc > 1 ? std::atoi(argv[1]) : 64;
  const int requests = argc > 2 ? std::atoi(argv[2]) : 200;
  const core::TempDirectory directory = must(core::TempDirectory::create("bench-http"));
  const tls::Identity identity = self_signed();
  static_cast<void>(core::write_file_atomic(directory.path() / "cert.pem", identity.chain_pem, {}));
  static_cast<void>(
      core::write_file_atomic(directory.path() / "key.pem", identity.key_pem.reveal(), {}));
  const std::uint16_t our_port = must(net::free_port());
  const std::uint16_t nginx_port = must(net::free_port());
  const pid_t ours = start_ours(identity, our_port);
  {
    const proc::Child nginx = start_nginx(directory.path(), nginx_port);
    wait_for(our_port);
    wait_for(nginx_port);
    const std::vector<pid_t> workers = children_of(nginx.pid());
    for (int round = 0; round < 3; ++round) {
      const Outcome we = measure(our_port, {ours}, identity.chain_pem, connections, requests);
      const Outcome they = measure(nginx_port, workers, identity.chain_pem, connections, requests);
      print("wxsec", we);
      print("nginx", they);
      fmt::print("ratio  CPU {:.2f}   p99 {:.2f}\n\n", we.cpu_per_request / they.cpu_per_request,
                 we.p99 / they.p99);
    }
  }
  ::kill(ours, SIGKILL);
  ::waitpid(ours, nullptr, 0);
}
