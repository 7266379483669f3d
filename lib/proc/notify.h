// What a service tells the systemd that started it, by sd_notify(3)'s protocol: a datagram of
// NAME=VALUE lines to the socket that $NOTIFY_SOCKET names. Without one, nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wxsec::proc {

class Notifier {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static Notifier from_environment();

  bool present() const { return !path_.empty(); }
  // How often alive() must come at least, half of what was asked for; none: nobody waits for it.
  std::optional<std::chrono::milliseconds> interval() const { return interval_; }

  void ready(std::string_view status) const;
  void status(std::string_view text) const;  // one line, shown by `systemctl status`
  void alive() const;
  void stopping() const;

 private:
  void send(std::string_view message) const;

  std::string path_;  // a leading '@' stands for the NUL of an abstract address
  std::optional<std::chrono::milliseconds> interval_;
};

}  // namespace wxsec::proc
