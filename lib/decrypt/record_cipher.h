// Opens TLS records with secrets from a key log: TLS 1.3, and 1.2 with AEAD or CBC suites. Reading
// only; nothing here can be used to speak TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::decrypt {

// The keys of one direction.
class RecordCipher {
 public:
  // RFC 8446 7.3. `suite` is the IANA name. Nothing if it is not known.
  static std::optional<RecordCipher> tls13(std::string_view suite, core::ByteView traffic_secret);
  RecordCipher(RecordCipher&&) noexcept;
  RecordCipher& operator=(RecordCipher&&) noexcept;
  ~RecordCipher();

  // The plaintext of a record's body (1.3: without padding and inner type, which goes to
  // `inner_type`). Nothing if it does not verify: then the sequence number has not moved.
  std::optional<core::Bytes> open(std::uint8_t type, std::uint16_t version, core::ByteView body,
                                  std::uint8_t& inner_type);
  // After a gap: records that were missed also counted.
  void skip(std::uint64_t records);
  // A record that was not opened went by. In TLS 1.0 it holds the iv of the next one.
  void pass(core::ByteView body);
  // RFC 8446 7.2, after KeyUpdate. False if this is not 1.3.
  bool update();

 private:
  friend struct Tls12Keys;
  struct State;
  explicit RecordCipher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// RFC 5246 6.3: both directions from one master secret.
struct Tls12Keys {
  std::optional<RecordCipher> client;
  std::optional<RecordCipher> server;

  static Tls12Keys derive(std::uint16_t version, std::string_view suite,
                          core::ByteView master_secret, core::ByteView client_random,
                          core::ByteView server_random, bool encrypt_then_mac);
};

}  // namespace wxsec::decrypt
