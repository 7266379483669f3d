// An MQTT packet has no magic number. Its evidence is the length that fits, the topic that is text
// of a length that fits, and the next packet that stands where this one ends. Counted in points of
// about one printable character, that is one and a half bits: in noise a chain of kBehind points
// that goes on plausibly is found once in some hundred megabytes. Text cannot be mistaken: a
// character is no high byte of a topic's length.
#include <algorithm>

#include "lib/flow/beginning.h"
#include "lib/flow/guess.h"

namespace wxsec::flow {
namespace {

constexpr unsigned kToTheEnd = 5;      // ends where the bytes end
constexpr unsigned kBehind = 10;       // the header of another one follows
constexpr unsigned kStrange = 16;      // nothing says that the stream is MQTT
constexpr unsigned kConnect = 20;      // it spells its name
constexpr std::size_t kDecoding = 30;  // is as much work as so many bytes
constexpr std::size_t kLongestTopic = 1024;
constexpr std::size_t kLongestOther = 130;  // that is waited for: anything but PUBLISH

enum class Chain : std::uint8_t { broken, open, sure };
struct Followed {
  Chain chain = Chain::broken;
  std::size_t need = 0;
};

struct Search {
  proto::MqttVersion version;
  bool strange;
  Effort effort;
};

// MQTT 5.0 3.3.2.1: no wildcards in the topic of a PUBLISH; control characters are legal and odd.
bool plain(char c) { return static_cast<std::uint8_t>(c) >= 0x20 && c != '+' && c != '#'; }

// As far as the topic is there.
bool may_be_publish(const proto::MqttFrame& frame, core::ByteView bytes) {
  wire::Reader in(bytes.subspan(frame.header_size));
  if (in.left() < 2) return true;
  const std::size_t size = in.u16();
  const std::size_t least = size + ((frame.flags & 0x06U) != 0 ? 4 : 2);
  if (size > kLongestTopic || least > frame.size - frame.header_size) return false;
  const std::string_view topic = in.text(std::min(size, in.left()));
  return std::all_of(topic.begin(), topic.end(), plain);
}

bool may_begin(const proto::MqttFrame& frame, core::ByteView bytes) {
  if (!proto::plausible_mqtt_beginning(frame, bytes)) return false;
  if (frame.state != proto::FrameState::done) return true;
  if (frame.type == proto::MqttType::publish) return may_be_publish(frame, bytes);
  return true;
}

bool decode(core::ByteView raw, proto::MqttVersion version, proto::MqttPacket& packet) {
  if (version != proto::MqttVersion::unknown || (raw[0] >> 4) == 1)
    return proto::decode_mqtt(raw, version, packet);
  return proto::decode_mqtt(raw, proto::MqttVersion::v311, packet) ||
         proto::decode_mqtt(raw, proto::MqttVersion::v5, packet);
}

// None for a PUBLISH without topic or alias (MQTT 5.0 3.3.2.1).
unsigned points(const proto::MqttPacket& packet) {
  constexpr std::size_t kMost = 14;
  if (const auto* publish = std::get_if<proto::MqttPublish>(&packet.body))
    return publish->topic.empty() && publish->properties.empty()
               ? 0
               : 2 + static_cast<unsigned>(std::min(publish->topic.size(), kMost));
  if (const auto* subscribe = std::get_if<proto::MqttSubscribe>(&packet.body))
    return 2 + static_cast<unsigned>(std::min(subscribe->filters.size(), kMost));
  return std::holds_alternative<proto::MqttConnect>(packet.body) ? kConnect : 3;
}

Followed follow(Search& search, core::ByteView bytes) {
  unsigned found = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const core::ByteView rest = bytes.subspan(at);
    const proto::MqttFrame frame = proto::peek_mqtt_frame(rest);
    if (!may_begin(frame, rest)) return {};
    const bool whole = frame.state == proto::FrameState::done && frame.size <= rest.size();
    if (!whole) {
      if (found >= (search.strange ? kStrange : kBehind)) return {Chain::sure, 0};
      const bool publish = frame.type == proto::MqttType::publish;
      if (frame.size > (publish ? kLongestSought : kLongestOther)) return {};
      return {Chain::open, at + std::max(frame.size, rest.size() + 1)};
    }
    proto::MqttPacket packet;
    if (!search.effort.spend(kDecoding + frame.size) ||
        !decode(rest.first(frame.size), search.version, packet))
      return {};
    const unsigned more = points(packet);
    if (more == 0) return {};
    found += more;
    at += frame.size;
    if (found >= kStrange && at < bytes.size() &&
        !may_begin(proto::peek_mqtt_frame(bytes.subspan(at)), bytes.subspan(at)))
      return {};
    if (found >= kStrange) return {Chain::sure, 0};
  }
  if (found >= kToTheEnd && !search.strange) return {Chain::sure, 0};
  return {Chain::open, at + 1};
}

bool header_byte(std::uint8_t byte) {
  switch (byte >> 4) {
    case 0: return false;
    case 3: return (byte & 0x06U) != 0x06U;
    case 6:
    case 8:
    case 10: return (byte & 0x07U) == 0x02U;
    default: return (byte & 0x0FU) == 0;
  }
}

}  // namespace

Beginning find_mqtt(core::ByteView bytes, proto::MqttVersion version, Surroundings around) {
  Search search{version, around == Surroundings::unknown, Effort(bytes)};
  Beginning open{bytes.size(), false, 1};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (!header_byte(bytes[at])) continue;
    const Followed followed = follow(search, bytes.subspan(at));
    if (followed.chain == Chain::sure) return {at, true, 0};
    if (followed.chain == Chain::open && open.at == bytes.size()) open = {at, false, followed.need};
    if (search.effort.over()) return {bytes.size(), false, 1};
  }
  return open;
}

}  // namespace wxsec::flow
