// A real mosquitto with a configuration of the test's choice, on a free loopback port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/core/file.h"
#include "lib/proc/child.h"

namespace wxsec::test {

// True if it is installed; otherwise says so and the test should end with 77.
bool have_mosquitto();

class Mosquitto {
 public:
  // `conf` is the whole file, in which PORT is replaced by the port. Waits until it serves. Ends
  // the test program with a message if it does not.
  explicit Mosquitto(const std::string& conf);
  ~Mosquitto();

  std::uint16_t port() const { return port_; }
  // Everything that it has logged so far (the last 200 lines).
  std::string log() const { return child_->recent_output(); }

 private:
  core::TempDirectory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<proc::Child> child_;
};

// A loopback port on which nobody listens.
std::uint16_t closed_port();

}  // namespace wxsec::test
