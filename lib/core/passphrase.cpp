// The prompt goes to the controlling terminal itself (/dev/tty) and not to the standard streams, so
// that both may be redirected. While it is typed the terminal neither echoes nor turns Ctrl-C into
// a signal: our signals are taken by a thread that knows no terminal, and an echo that stays off
// after the program is gone is a nuisance. So the keys that edit a line are handled here.
#include "lib/core/passphrase.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <span>

#include "lib/core/source.h"

namespace wxsec::core {
namespace {

constexpr std::chrono::seconds kWriterWithin{5};  // at a FIFO
constexpr char kControlC = 0x03;
constexpr char kControlD = 0x04;
constexpr char kControlU = 0x15;
constexpr char kBackspace = 0x08;
constexpr char kDelete = 0x7F;

// Single keys without echo and signals, as long as it lives.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    silent_ = ::tcgetattr(fd, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    if (silent_) silent_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (silent_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  bool silent() const { return silent_; }

 private:
  int fd_;
  bool silent_ = false;
  termios before_{};
};

// A line that never grows beyond what it reserved, so that no copy of it stays behind.
class Line {
 public:
  Line() { text_.reserve(kMaxPassphrase + 2); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { clear(); }
  bool full() const { return text_.size() > kMaxPassphrase; }
  void add(char c) { text_.push_back(c); }
  void take_back() {
    if (!text_.empty()) text_.pop_back();
  }
  void clear() {
    wipe(text_.data(), text_.capacity());
    text_.clear();
  }
  Secret secret() {
    if (text_.ends_with('\r')) text_.pop_back();
    return Secret(text_);
  }

 private:
  std::string text_;
};

// One byte; nothing at the end.
Result<std::optional<char>> next_byte(Source& in, const std::stop_token& stop) {
  char c = 0;
  const std::size_t n = WXSEC_TRY(in.read(std::span(&c, 1), {kWriterWithin, {}, stop}));
  return n == 0 ? std::optional<char>() : std::optional<char>(c);
}

Failure too_long() {
  return fail(Code::usage, fmt::format("the passphrase has more than {} bytes", kMaxPassphrase));
}

// Up to the first line end or the end of the input.
Result<Secret> read_line(Source in, const std::stop_token& stop) {
  Line line;
  for (;;) {
    const auto c = WXSEC_TRY(next_byte(in, stop));
    if (!c || *c == '\n') return line.secret();
    if (line.full()) return too_long();
    line.add(*c);
  }
}

Result<Secret> type_line(Source in, const std::stop_token& stop) {
  Line line;
  for (;;) {
    const auto key = WXSEC_TRY(next_byte(in, stop));
    if (!key || *key == '\n' || *key == '\r') return line.secret();
    if (*key == kControlC || *key == kControlD) return fail(Code::interrupted, "interrupted");
    if (line.full()) return too_long();
    if (*key == kControlU) {
      line.clear();
    } else if (*key == kBackspace || *key == kDelete) {
      line.take_back();
    } else {
      line.add(*key);
    }
  }
}

void say(int terminal, std::string_view text) {
  if (::write(terminal, text.data(), text.size()) < 0)
    return;  // the reading fails next, and says so
}

Result<Secret> ask(int terminal, std::string_view question, const std::stop_token& stop) {
  const SilentTerminal silent(terminal);
  if (!silent.silent()) return fail(Code::io, "cannot switch off the echo of the terminal");
  say(terminal, fmt::format("{}: ", question));
  auto line = type_line(Source::borrow(terminal, "the terminal"), stop);
  say(terminal, "\r\n");
  return line;
}

Fd open_terminal() { return Fd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

Result<Secret> from_prompt(std::string_view question, Typed typed, const std::stop_token& stop) {
  const Fd terminal = open_terminal();
  if (!terminal)
    return fail(Code::io, "there is no terminal to ask for the passphrase at",
                "give it by file, descriptor or environment variable");
  Secret first = WXSEC_TRY(ask(terminal.get(), question, stop));
  if (typed == Typed::once) return first;
  const Secret second = WXSEC_TRY(ask(terminal.get(), fmt::format("{}, again", question), stop));
  if (first.reveal() == second.reveal()) return first;
  return fail(Code::usage, "the two passphrases differ", "run it again");
}

Result<Secret> from_file(const Path& path, const std::stop_token& stop) {
  return read_line(WXSEC_TRY(Source::open(path)), stop);
}

Result<Secret> from_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value != nullptr) return Secret(std::string(value));
  return fail(Code::not_found, fmt::format("there is no environment variable {}", name),
              "export it, or give the passphrase by file");
}

Result<Secret> from_any(const PassphraseSource& source, std::string_view question, Typed typed,
                        const std::stop_token& stop) {
  if (!source.file.empty()) return from_file(source.file, stop);
  if (source.fd)
    return read_line(Source::borrow(*source.fd, fmt::format("descriptor {}", *source.fd)), stop);
  if (!source.environment.empty()) return from_environment(source.environment);
  return from_prompt(question, typed, stop);
}

std::string if_wrong(const PassphraseSource& source) {
  if (!source.file.empty())
    return fmt::format(
        "it is the first line of {} (--{}-file): look whether that is the right file",
        source.file.string(), source.option);
  if (source.fd)
    return fmt::format("it was read from descriptor {} (--{}-fd): look what is behind it",
                       *source.fd, source.option);
  if (!source.environment.empty())
    return fmt::format("it is the value of ${} (--{}-env): set the right one", source.environment,
                       source.option);
  return "it was typed: run it again, and mind capitals and the keyboard's layout";
}

}  // namespace

Error trace_passphrase(Error error, const Passphrase& passphrase) {
  if (error.code != Code::crypto || passphrase.empty() || passphrase.if_wrong.empty()) return error;
  error.hint = passphrase.if_wrong + (error.hint.empty() ? "" : "; " + error.hint);
  return error;
}

bool has_terminal() { return open_terminal().get() >= 0; }

Secret take_from_environment(const char* name) {
  char* const value = std::getenv(name);
  if (value == nullptr) return {};
  Secret secret{std::string(value)};
  wipe(value, std::strlen(value));
  ::unsetenv(name);
  return secret;
}

Result<Passphrase> read_passphrase(const PassphraseSource& source, std::string_view question,
                                   Typed typed, const std::stop_token& stop) {
  if (!source.given()) return Passphrase();
  const int ways = (source.file.empty() ? 0 : 1) + (source.fd ? 1 : 0) +
                   (source.environment.empty() ? 0 : 1) + (source.prompt ? 1 : 0);
  if (ways > 1)
    return fail(Code::usage, "the passphrase is given in more than one way", "give it in one way");
  Secret secret = WXSEC_TRY(from_any(source, question, typed, stop));
  if (secret.empty())
    return fail(Code::usage, "the passphrase is empty", "give one, or none at all");
  if (secret.reveal().size() > kMaxPassphrase) return too_long();
  return Passphrase{std::move(secret), if_wrong(source)};
}

}  // namespace wxsec::core
