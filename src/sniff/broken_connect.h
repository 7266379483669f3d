// What can still be read of an MQTT CONNECT that is malformed or cut.
#pragma once

#include <optional>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::sniff {

struct BrokenConnect {
  std::string_view username;
  std::string_view password;             // as far as it is there
  bool password_cut = false;             // more of it was announced
  std::string_view authentication_data;  // MQTT 5, as far as it is there
  bool authentication_data_cut = false;
  std::string_view rest;     // behind the last field: part of a secret, perhaps
  core::ByteView beginning;  // all that stands in front of the password and the rest
};

// `packet` begins with the fixed header. Nothing if it is no CONNECT. The result points into it.
std::optional<BrokenConnect> read_broken_connect(core::ByteView packet);

}  // namespace wxsec::sniff
