// The NSS key log: lines "LABEL client_random secret" that a TLS program writes for debugging
// (SSLKEYLOGFILE). Whoever has it can read the recorded connections; nobody else can.
// https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::decrypt {

class KeyLog {
 public:
  // Takes the whole lines in `text`; a broken or unknown line is skipped. Returns how many bytes it
  // used: what is left is the beginning of a line that is still being written.
  std::size_t add(std::string_view text);

  // "CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0", ...; empty if unknown. Valid until the next add().
  core::ByteView find(std::string_view label, core::ByteView client_random) const;
  bool empty() const { return secrets_.empty(); }
  // A file that is still being written may say tomorrow what it does not say today: records that
  // nothing opens yet are then worth keeping for a moment.
  void set_growing() { growing_ = true; }
  bool growing() const { return growing_; }
  std::size_t size() const { return secrets_.size(); }

 private:
  void add_line(std::string_view line);
  bool growing_ = false;
  std::map<std::string, core::Bytes, std::less<>> secrets_;  // by label and random, hexadecimal
};

}  // namespace wxsec::decrypt
