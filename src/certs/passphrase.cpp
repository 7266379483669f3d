#include "src/certs/passphrase.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "lib/core/fd.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

using core::Code;
using core::Result;

// Read into memory of ours that is wiped, not into a growing string that leaves copies behind.
struct Buffer {
  std::array<char, kMaxPassphrase + 2> bytes{};
  std::size_t size = 0;
  ~Buffer() { core::wipe(bytes.data(), bytes.size()); }
};

// Byte by byte: a descriptor may hold more for others behind the line.
Result<core::Secret> first_line(int descriptor, std::string_view name) {
  Buffer buffer;
  for (;;) {
    char c = 0;
    const ssize_t n = ::read(descriptor, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return core::fail(core::system_error(errno, "read the passphrase from", name));
    if (n == 0 || c == '\n') break;
    if (buffer.size > kMaxPassphrase)
      return core::fail(Code::usage, fmt::format("the passphrase in {} is too long", name));
    buffer.bytes[buffer.size++] = c;
  }
  if (buffer.size > 0 && buffer.bytes[buffer.size - 1] == '\r') --buffer.size;
  if (buffer.size == 0)
    return core::fail(Code::usage, fmt::format("there is no passphrase in {}", name),
                      "write it as one line");
  return core::Secret(std::string(buffer.bytes.data(), buffer.size));
}

// Without echo for as long as it lives.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    good_ = ::tcgetattr(terminal, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (good_) good_ = ::tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (good_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  bool good() const { return good_; }

 private:
  int terminal_;
  termios before_{};
  bool good_ = false;
};

Result<core::Secret> ask_once(int terminal, std::string_view prompt) {
  const std::string text = fmt::format("{}: ", prompt);
  [[maybe_unused]] ssize_t n = ::write(terminal, text.data(), text.size());
  const Silence silence(terminal);
  if (!silence.good()) return core::fail(Code::usage, "the terminal cannot hide what is typed");
  auto typed = first_line(terminal, "the terminal");
  n = ::write(terminal, "\n", 1);
  return typed;
}

}  // namespace

Result<core::Secret> passphrase_from_file(const core::Path& path) {
  const core::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return core::fail(core::system_error(errno, "read the passphrase from", path));
  return first_line(file.get(), path.string());
}

Result<core::Secret> passphrase_from_descriptor(int descriptor) {
  return first_line(descriptor, fmt::format("descriptor {}", descriptor));
}

core::Secret passphrase_from_environment() {
  char* const value = std::getenv(kPassphraseVariable);
  if (value == nullptr) return {};
  core::Secret secret{std::string(value)};
  core::wipe(value, std::strlen(value));
  ::unsetenv(kPassphraseVariable);
  return secret;
}

Result<core::Secret> passphrase_from_terminal(std::string_view prompt, Ask ask) {
  const core::Fd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal)
    return core::fail(Code::usage, "there is no terminal to ask for the passphrase",
                      "give it with --ca-passphrase-file, --ca-passphrase-fd or in the environment "
                      "variable WXSEC_CA_PASSPHRASE");
  auto first = WXSEC_TRY(ask_once(terminal.get(), prompt));
  if (ask == Ask::once) return first;
  const auto second = WXSEC_TRY(ask_once(terminal.get(), "the same again"));
  if (first.reveal() != second.reveal())
    return core::fail(Code::usage, "the two passphrases differ");
  return first;
}

bool is_authority_encrypted(const core::Path& dir) {
  constexpr std::size_t kMaxKeyFile = 64 * 1024;
  const core::Secret text(core::read_file(Layout(dir).issuing().key, kMaxKeyFile).value_or(""));
  return text.reveal().find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;
}

bool has_terminal() {
  return core::Fd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)).get() >= 0;
}

}  // namespace wxsec::certs
