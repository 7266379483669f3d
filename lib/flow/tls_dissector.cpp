// A TLS connection as an eavesdropper sees it:
//
//     client                        server
//     ClientHello  ------------>                readable: SNI, ALPN, versions, suites
//                  <------------  ServerHello   readable: version, suite
//                  <------------  Certificate   readable up to TLS 1.2, encrypted in 1.3
//     ... ChangeCipherSpec ...
//     records, records, records                 only type, size, direction and time
//
// Handshake messages may be spread over records, and records over segments; neither border means
// anything.
#include "lib/flow/tls_dissector.h"

#include <algorithm>

namespace wxsec::flow {
namespace {

constexpr std::uint16_t kTls13 = 0x0304;
constexpr std::size_t kMaxWaiting = 64 * 1024;       // bytes of records kept per direction
constexpr std::int64_t kPatienceNs = 2'000'000'000;  // for keys to be logged

// RFC 5246 A.5 and RFC 5289: such a suite's name ends in the digest of its MAC.
std::size_t mac_size(std::uint16_t suite) {
  const std::string_view name = proto::tls_suite_name(suite);
  if (name.ends_with("_WITH_NULL_NULL")) return 0;
  if (name.ends_with("_MD5")) return 16;
  if (name.ends_with("_SHA384")) return 48;
  return name.ends_with("_SHA") ? 20 : 32;
}

// RFC 8446 5.2: level and description, the inner type, the tag.
std::size_t largest_alert(std::uint16_t suite) {
  return 2 + 1 + (proto::tls_suite_name(suite).ends_with("_CCM_8_SHA256") ? 8U : 16U);
}

}  // namespace

Progress TlsDissector::consume(Scene& scene, Direction direction, core::ByteView bytes) {
  Progress progress;
  if (scene.facts->tls == nullptr) scene.facts->tls = &facts_;
  if (facts_.records[0] + facts_.records[1] == 0 && proto::looks_like_sslv2_hello(bytes)) {
    proto::TlsClientHello hello;
    const std::size_t size = 2 + (((bytes[0] & 0x7FU) << 8) | bytes[1]);
    if (bytes.size() < size) return {0, size};
    proto::decode_sslv2_hello(bytes, hello);
    facts_.offered_version = hello.legacy_version;
    scene.emit(direction, TlsClientHelloSeen{&hello, bytes.first(size)});
    return {size};
  }
  while (!bytes.empty()) {
    const proto::TlsRecordFrame frame = proto::peek_tls_record(bytes);
    if (frame.state == proto::FrameState::bad) {
      progress.lost = true;
      return progress;
    }
    progress.need = frame.state == proto::FrameState::done ? frame.size : bytes.size() + 1;
    if (progress.need > bytes.size()) return progress;
    record(scene, direction, frame.record, bytes.first(frame.size));
    progress.consumed += frame.size;
    progress.need = 0;
    bytes = bytes.subspan(frame.size);
  }
  return progress;
}

// Up to 1.2 everything after ChangeCipherSpec is; in 1.3 that record is a decoration for
// middleboxes, and encrypted records all call themselves application data.
bool TlsDissector::is_encrypted(Direction direction, const proto::TlsRecord& record) const {
  if (record.type == proto::TlsContent::change_cipher_spec || in_clear(direction)) return false;
  if (record.type == proto::TlsContent::application_data) return true;
  return facts_.version != kTls13 && changed_cipher_[index(direction)];
}

bool TlsDissector::in_clear(Direction direction) const {
  return null_cipher_ && changed_cipher_[index(direction)];
}

core::ByteView TlsDissector::without_mac(Direction direction, core::ByteView body) const {
  if (!in_clear(direction)) return body;
  return body.first(body.size() - std::min(body.size(), mac_size(facts_.suite)));
}

void TlsDissector::record(Scene& scene, Direction direction, const proto::TlsRecord& record,
                          core::ByteView raw) {
  const core::ByteView body = without_mac(direction, raw.subspan(proto::kTlsHeaderSize));
  const bool encrypted = is_encrypted(direction, record);
  ++facts_.records[index(direction)];
  // What is readable inside has events of its own, in which secrets are known and can be masked.
  scene.emit(direction,
             TlsRecordSeen{record, in_clear(direction) ? raw.first(proto::kTlsHeaderSize) : raw,
                           encrypted});
  switch (record.type) {
    case proto::TlsContent::change_cipher_spec:
      changed_cipher_[index(direction)] = true;
      if (scene.keys != nullptr) keys_.change_cipher_spec(direction, *scene.keys);
      if (direction == Direction::to_client && abbreviated_) facts_.resumed = true;
      abbreviated_ = abbreviated_ && direction != Direction::to_client;
      break;
    case proto::TlsContent::alert:
      if (!encrypted) alert(scene, direction, body);
      break;
    case proto::TlsContent::handshake:
      if (!encrypted) {
        handshake_bytes(scene, direction, body);
        if (direction == Direction::to_client) try_waiting(scene);  // it may have been the hello
      }
      count_held();
      break;
    case proto::TlsContent::application_data:
      application_data(direction, body.size());
      if (encrypted) break;  // the most frequent, and nothing of it is kept
      carry(inside_, scene, direction, body);
      count_held();
      break;
    case proto::TlsContent::heartbeat: break;
  }
  if (!encrypted || scene.keys == nullptr || (!scene.keys->growing() && scene.keys->empty()))
    return;
  decrypt(scene, direction, record, body);
  count_held();
}

// While a key log grows, a program may write down its keys only after the records passed by; and a
// capture may have a client's records before the ServerHello that tells how to open them. So
// records that nothing opens yet are kept for a moment, and opened in their order.
void TlsDissector::decrypt(Scene& scene, Direction direction, const proto::TlsRecord& record,
                           core::ByteView body) {
  Side& side = sides_[index(direction)];
  if (side.waiting.empty() && open(scene, direction, record, body)) return;
  if (side.gave_up || !keys_.waits(direction) || !keys_may_come(scene, direction)) return;
  keep(scene, direction, record, body);
  try_waiting(scene);
}

bool TlsDissector::keys_may_come(const Scene& scene, Direction direction) const {
  return scene.keys->growing() || (direction == Direction::to_server && keys_.awaits_server());
}

void TlsDissector::keep(Scene& scene, Direction direction, const proto::TlsRecord& record,
                        core::ByteView body) {
  Side& side = sides_[index(direction)];
  side.waiting.push_back({record, core::to_bytes(body), scene.time_ns});
  side.waiting_bytes += size_of(side.waiting.back());
  const bool too_long = scene.time_ns - side.waiting.front().since_ns > kPatienceNs;
  if (side.waiting_bytes <= kMaxWaiting && !too_long) return;
  side.gave_up = true;
  side.waiting.clear();
  side.waiting_bytes = 0;
}

void TlsDissector::keys_grew(Scene& scene) {
  try_waiting(scene);
  count_held();
}

void TlsDissector::try_waiting(Scene& scene) {
  if (scene.keys == nullptr) return;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Side& side = sides_[index(direction)];
    while (!side.waiting.empty()) {
      const Waiting& first = side.waiting.front();
      const bool opened = open(scene, direction, first.record, first.body);
      if (!opened && keys_.waits(direction) && keys_may_come(scene, direction)) break;
      side.waiting_bytes -= size_of(first);
      side.waiting.pop_front();
    }
  }
}

// What the key log opens is a conversation of its own, marked as decrypted.
bool TlsDissector::open(Scene& scene, Direction direction, const proto::TlsRecord& record,
                        core::ByteView body) {
  const auto opened = keys_.open(direction, record, body, *scene.keys);
  if (!opened) return false;
  facts_.decrypted = true;
  const auto type = static_cast<proto::TlsContent>(opened->type);
  Scene inner = scene;
  inner.decrypted = true;
  if (facts_.early_data && !early_over_) follow_early(inner, direction, *opened);
  if (type == proto::TlsContent::alert) alert(inner, direction, opened->plaintext);
  if (type == proto::TlsContent::handshake) handshake_bytes(inner, direction, opened->plaintext);
  if (type == proto::TlsContent::application_data)
    carry(opened->early && early_ == Early::refused ? refused_ : inside_, inner, direction,
          opened->plaintext);
  return true;
}

void TlsDissector::carry(std::unique_ptr<Conversation>& inside, Scene& scene, Direction direction,
                         core::ByteView plaintext) {
  if (plaintext.empty()) return;
  if (!inside) inside = std::make_unique<Conversation>(Layer::inner);
  inside->data(scene, direction, plaintext);
}

Scene TlsDissector::scene_inside(const Scene& scene) const {
  Scene inner = scene;
  inner.decrypted = !null_cipher_;
  return inner;
}

// Up to 1.2 application data says that the handshake succeeded. In 1.3 the handshake hides in such
// records, too, and so does the alert by which a server refuses a client (RFC 8446 4.4.2.4 for
// one): the server must have gone on after what the client said last, with more than one such
// record.
void TlsDissector::application_data(Direction direction, std::size_t size) {
  facts_.application_bytes[index(direction)] += size;
  application_data_[index(direction)] = true;
  if (facts_.version != kTls13) {
    facts_.established = true;
  } else if (direction == Direction::to_server) {
    if (turn_ == Turn::server_spoke) turn_ = Turn::client_spoke;
  } else if (turn_ == Turn::nobody) {
    turn_ = Turn::server_spoke;
  } else if (turn_ == Turn::perhaps_refused ||
             (turn_ == Turn::client_spoke && size > largest_alert(facts_.suite))) {
    facts_.established = true;
  } else if (turn_ == Turn::client_spoke) {
    turn_ = Turn::perhaps_refused;
  }
}

void TlsDissector::alert(Scene& scene, Direction direction, core::ByteView body) {
  if (body.size() != 2) return;
  facts_.alert = body[1];
  scene.emit(direction, TlsAlertSeen{body[0], body[1], body});
}

Recovery TlsDissector::lose(Scene& scene, Direction direction, core::ByteView tail,
                            std::uint64_t gap) {
  sides_[index(direction)].handshake.clear();
  if (direction == Direction::to_client) abbreviated_ = false;
  client_lacks_ = client_lacks_ || direction == Direction::to_server;
  keys_.lose(direction);
  Scene inner = scene_inside(scene);
  if (inside_) inside_->gap(inner, direction, gap);
  if (refused_) refused_->gap(inner, direction, gap);
  count_held();
  const proto::TlsRecordFrame frame = proto::peek_tls_record(tail);
  if (frame.state != proto::FrameState::done || tail.size() + gap > frame.size) return {};
  return {true, frame.size - tail.size() - gap};
}

bool TlsDissector::resync(Direction, core::ByteView segment) {
  proto::TlsRecordFrame frame = proto::peek_tls_record(segment);
  if (frame.state != proto::FrameState::done) return false;
  if (segment.size() <= frame.size) return true;
  return proto::peek_tls_record(segment.subspan(frame.size)).state != proto::FrameState::bad;
}

// RFC 8446 5.1: 1.3 calls its records 1.2.
Beginning TlsDissector::find(Direction, core::ByteView bytes) {
  constexpr std::uint16_t kTls12 = 0x0303;
  return find_tls(bytes, std::min(facts_.version, kTls12), Surroundings::known);
}

void TlsDissector::end(Scene& scene, Direction direction, core::ByteView) {
  keys_grew(scene);
  if (direction == Direction::to_server) end_early(scene);
  if (!inside_) return;
  Scene inner = scene_inside(scene);
  inside_->end(inner, direction);
  count_held();
}

void TlsDissector::shed(Scene& scene) {
  abbreviated_ = false;  // a message of the server may be among what is given up
  Scene inner = scene_inside(scene);
  if (inside_) inside_->shed(inner);
  if (refused_) refused_->shed(inner);
  count_held();
}

// A hello that nobody answered, or with an alert only, is a try: nothing was encrypted. Nor is it
// where an alert refuses something that was not TLS. A NULL suite signs and does not hide.
Verdict TlsDissector::verdict() const {
  const bool only_tried = facts_.version == 0 && !application_data_[0] && !application_data_[1] &&
                          !changed_cipher_[0] && !changed_cipher_[1] &&
                          (facts_.offered_version != 0 || facts_.alert != 0xFF);
  if (only_tried) return Verdict::unknown;
  return null_cipher_ ? Verdict::plaintext : Verdict::encrypted;
}

void TlsDissector::count_held() {
  holds(sides_[0].handshake.capacity() + sides_[1].handshake.capacity() + sides_[0].waiting_bytes +
        sides_[1].waiting_bytes + facts_held_ + (inside_ ? inside_->held() : 0) +
        (refused_ ? refused_->held() : 0));
}

}  // namespace wxsec::flow
