#include "lib/core/source.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <thread>

using namespace wxsec::core;
using std::chrono::milliseconds;

namespace {

struct Pipe {
  Fd out;
  Fd in;
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  // As the shell names it in <(...).
  Path name() const { return fmt::format("/dev/fd/{}", out.get()); }
  void put(std::string_view text) const {
    REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

Path fifo_in(const TempDirectory& dir) {
  const Path path = dir.path() / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

}  // namespace

TEST_CASE("core/source: a FIFO to which nobody writes is an error, not a wait for ever") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  const auto content = read_file(fifo_in(dir), 100, milliseconds(1));
  REQUIRE(!content);
  CHECK(content.error().code == Code::io);
  CHECK(content.error().what.find("nobody writes to it") != std::string::npos);
  CHECK(!content.error().hint.empty());
}

TEST_CASE("core/source: a FIFO with a writer is read up to its end, however late that comes") {
  const auto dir = TempDirectory::create("wxsec-test-").value();
  const Path path = fifo_in(dir);
  std::thread writer([&path] {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // waits for the reader
    for (const std::string_view part : {"one ", "two"}) {
      if (::write(fd.get(), part.data(), part.size()) < 0) return;
    }
  });
  CHECK(read_file(path, 100).value() == "one two");
  writer.join();
}

TEST_CASE("core/source: a pipe of the shell is read, also when its writer has left before") {
  Pipe there;
  there.put("content");
  std::thread writer([&there] { there.in.close(); });
  CHECK(read_file(there.name(), 100).value() == "content");
  writer.join();
  Pipe gone;
  gone.put("content");
  gone.in.close();
  CHECK(read_file(gone.name(), 100).value() == "content");
  Pipe empty;
  empty.in.close();
  CHECK(read_file(empty.name(), 100).value().empty());
}

TEST_CASE("core/source: a writer that falls silent, and a stop, end the wait") {
  const Pipe pipe;
  Source source = Source::open(pipe.name()).value();
  char c = 0;
  const auto silent = source.read(std::span(&c, 1), {{}, milliseconds(1), {}});
  REQUIRE(!silent);
  CHECK(silent.error().what.find("silent") != std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  CHECK(source.read(std::span(&c, 1), {{}, {}, stop.get_token()}).error().code ==
        Code::interrupted);
}

TEST_CASE("core/source: devices that are read today are read on, directories and sockets refused") {
  CHECK(read_file("/dev/null", 100).value().empty());
  CHECK(read_file("/dev/zero", 100).error().code == Code::too_large);
  CHECK(read_file("/proc/self/stat", 64 * 1024).value().size() > 1);
  const auto dir = TempDirectory::create("wxsec-test-").value();
  CHECK(read_file(dir.path(), 100).error().code == Code::io);
  sockaddr_un address{AF_UNIX, {}};
  const std::string path = (dir.path() / "socket").string();
  path.copy(&address.sun_path[0], sizeof address.sun_path - 1);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto content = read_file(path, 100);
  REQUIRE(!content);
  CHECK(content.error().what.find("socket") != std::string::npos);
}
