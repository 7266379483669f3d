// Which keys open which record of one TLS connection, followed through its handshake.
#pragma once

#include <optional>

#include "lib/decrypt/keylog.h"
#include "lib/decrypt/record_cipher.h"
#include "lib/flow/event.h"

namespace wxsec::flow {

class TlsKeys {
 public:
  void client_hello(const proto::TlsClientHello& hello);
  void server_hello(const proto::TlsServerHello& hello, const decrypt::KeyLog& log);
  // Up to TLS 1.2: from here on this direction is encrypted.
  void change_cipher_spec(Direction direction, const decrypt::KeyLog& log);

  struct Opened {
    std::uint8_t type = 0;
    core::Bytes plaintext;
    bool early = false;  // with the key of early data
  };
  // Nothing where the key log does not help. Follows Finished and KeyUpdate by itself.
  std::optional<Opened> open(Direction direction, const proto::TlsRecord& record,
                             core::ByteView body, const decrypt::KeyLog& log);
  // Records of this direction were lost: the number of the next one must be searched for.
  void lose(Direction direction) {
    searching_[index(direction)] = true;
    handshake_[index(direction)].clear();
  }
  // A client has said hello and the answer that decides on the keys is not there yet: its records
  // may have been captured too early.
  bool awaits_server() const { return !client_random_.empty() && !answered_; }
  // Nothing has been found yet in the key log for the records of this direction.
  bool waits(Direction direction) const { return !ciphers_[index(direction)]; }

 private:
  std::optional<Opened> open_early(const proto::TlsRecord& record, core::ByteView body,
                                   const decrypt::KeyLog& log);
  std::optional<Opened> open_with(decrypt::RecordCipher& cipher, bool search,
                                  const proto::TlsRecord& record, core::ByteView body) const;
  void load(Direction direction, const decrypt::KeyLog& log);
  void load_12(Direction direction, const decrypt::KeyLog& log);
  void follow_handshake(Direction direction, core::ByteView plaintext, const decrypt::KeyLog& log);
  void load_13(Direction direction, bool handshake, const decrypt::KeyLog& log);

  core::Bytes client_random_;
  core::Bytes server_random_;
  std::uint16_t version_ = 0;
  std::uint16_t suite_ = 0;
  bool encrypt_then_mac_ = false;
  bool answered_ = false;  // by a ServerHello that is no retry
  std::optional<decrypt::RecordCipher> ciphers_[2];
  bool changed_cipher_[2] = {false, false};
  bool searching_[2] = {false, false};
  bool offers_early_data_ = false;
  std::optional<decrypt::RecordCipher> early_;  // what the client says before the server has spoken
  core::Bytes handshake_[2];                    // a decrypted message that is not whole yet
  bool finished_[2] = {false, false};
};

}  // namespace wxsec::flow
