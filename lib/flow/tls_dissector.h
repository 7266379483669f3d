// TLS on an ordered stream: what it shows before the keys are agreed on, and the shape of what
// follows. Written in three parts: tls_dissector.cpp (records), tls_handshake.cpp, tls_early.cpp.
#pragma once

#include <deque>
#include <memory>

#include "lib/flow/conversation.h"
#include "lib/flow/dissector.h"
#include "lib/flow/tls_keys.h"

namespace wxsec::flow {

class TlsDissector final : public Dissector {
 public:
  Progress consume(Scene& scene, Direction direction, core::ByteView bytes) override;
  Recovery lose(Scene& scene, Direction direction, core::ByteView tail, std::uint64_t gap) override;
  bool resync(Direction direction, core::ByteView segment) override;
  Beginning find(Direction direction, core::ByteView bytes) override;
  void end(Scene& scene, Direction direction, core::ByteView tail) override;
  Verdict verdict() const override;
  void keys_grew(Scene& scene) override;
  void shed(Scene& scene) override;
  void leave(FlowFacts& facts) const override {
    if (facts.tls == &facts_) facts.tls = nullptr;
  }

 private:
  struct Waiting {
    proto::TlsRecord record;
    core::Bytes body;
    std::int64_t since_ns = 0;
  };
  // Of a record without a body, too: of those anybody can send any number.
  static std::size_t size_of(const Waiting& one) { return sizeof(one) + one.body.size(); }
  struct Side {
    core::Bytes handshake;        // a message that is not whole yet
    std::deque<Waiting> waiting;  // encrypted records whose key is not in the log yet
    std::size_t waiting_bytes = 0;
    bool gave_up = false;  // the key did not come in time
  };

  void record(Scene& scene, Direction direction, const proto::TlsRecord& record,
              core::ByteView raw);
  bool is_encrypted(Direction direction, const proto::TlsRecord& record) const;
  void handshake_bytes(Scene& scene, Direction direction, core::ByteView bytes);
  void handshake_message(Scene& scene, Direction direction, core::ByteView message);
  void client_hello(Scene& scene, Direction direction, core::ByteView message);
  void server_hello(Scene& scene, Direction direction, core::ByteView message);
  void certificates(Scene& scene, Direction direction, core::ByteView body);
  void follow_flight(proto::TlsHandshakeType type);
  std::size_t take_messages(Scene& scene, Direction direction, core::ByteView bytes);
  void count_facts();
  void alert(Scene& scene, Direction direction, core::ByteView body);
  void application_data(Direction direction, std::size_t size);
  void decrypt(Scene& scene, Direction direction, const proto::TlsRecord& record,
               core::ByteView body);
  bool open(Scene& scene, Direction direction, const proto::TlsRecord& record, core::ByteView body);
  bool keys_may_come(const Scene& scene, Direction direction) const;
  bool in_clear(Direction direction) const;
  core::ByteView without_mac(Direction direction, core::ByteView body) const;
  static void carry(std::unique_ptr<Conversation>& inside, Scene& scene, Direction direction,
                    core::ByteView plaintext);
  void follow_early(Scene& scene, Direction direction, const TlsKeys::Opened& opened);
  void encrypted_extensions(core::ByteView body);
  void hello_again(const Scene& scene);
  void refuse_early();
  void end_early(const Scene& scene);
  Scene scene_inside(const Scene& scene) const;
  void try_waiting(Scene& scene);
  void count_held();
  void keep(Scene& scene, Direction direction, const proto::TlsRecord& record, core::ByteView body);

  // What every record touches comes first.
  bool changed_cipher_[2] = {false, false};
  bool application_data_[2] = {false, false};
  // How far an encrypted handshake has come, in records that may be anything.
  enum class Turn : std::uint8_t { nobody, server_spoke, client_spoke, perhaps_refused };
  Turn turn_ = Turn::nobody;
  bool abbreviated_ = false;  // what the server has said so far is what resumes a session
  bool null_cipher_ = false;  // the suite signs and does not hide
  TlsFacts facts_;
  Side sides_[2];
  TlsKeys keys_;
  core::Bytes session_id_;      // that the client would like to resume
  bool offers_ticket_ = false;  // RFC 5077
  bool hello_seen_ = false;     // a readable one, of the client
  std::size_t facts_held_ = 0;
  std::unique_ptr<Conversation> inside_;  // once a record was readable
  // Does the server take early data, and may more of it come? See tls_early.cpp.
  enum class Early : std::uint8_t { undecided, taken, refused };
  Early early_ = Early::undecided;
  bool early_over_ = false;
  bool client_lacks_ = false;              // bytes of the client's are not in the capture
  std::unique_ptr<Conversation> refused_;  // early data that nobody but us read
};

}  // namespace wxsec::flow
