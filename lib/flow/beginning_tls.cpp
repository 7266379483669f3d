// A record's header is five bytes of which three are nearly fixed; where it says that its record
// ends stands another one, or the bytes end, too. In noise that happens once in many gigabytes.
#include <algorithm>

#include "lib/flow/beginning.h"
#include "lib/proto/tls_record.h"

namespace wxsec::flow {
namespace {

bool may_begin(const proto::TlsRecordFrame& frame, std::uint16_t version) {
  if (frame.state != proto::FrameState::done) return frame.state != proto::FrameState::bad;
  const proto::TlsRecord& record = frame.record;
  if (version != 0 && record.version != version) return false;
  switch (record.type) {
    case proto::TlsContent::change_cipher_spec: return record.length == 1;
    case proto::TlsContent::alert: return record.length == 2 || record.length >= 16;
    case proto::TlsContent::handshake: return record.length >= 4;
    case proto::TlsContent::application_data: return record.length >= 16;
    case proto::TlsContent::heartbeat: return false;
  }
  return false;
}

}  // namespace

Beginning find_tls(core::ByteView bytes, std::uint16_t version, Surroundings around) {
  Beginning open{bytes.size(), false, 1};
  for (auto major = std::find(bytes.begin(), bytes.end(), 3); major != bytes.end();
       major = std::find(major + 1, bytes.end(), 3)) {
    if (major == bytes.begin()) continue;
    const auto at = static_cast<std::size_t>(major - bytes.begin()) - 1;
    const core::ByteView rest = bytes.subspan(at);
    const proto::TlsRecordFrame frame = proto::peek_tls_record(rest);
    if (!may_begin(frame, version)) continue;
    std::size_t need = proto::kTlsHeaderSize;
    if (frame.state == proto::FrameState::done) {
      need = frame.size + proto::kTlsHeaderSize;
      if (frame.size == rest.size() && around == Surroundings::known) return {at, true, 0};
      const proto::TlsRecordFrame next =
          proto::peek_tls_record(rest.subspan(std::min(frame.size, rest.size())));
      if (!may_begin(next, frame.record.version)) continue;
      if (next.state == proto::FrameState::done) return {at, true, 0};
    }
    if (open.at == bytes.size()) open = {at, false, need};
  }
  // The very last byte may be a record's first.
  if (open.at == bytes.size() && !bytes.empty() && bytes.back() >= 20 && bytes.back() <= 23)
    return {bytes.size() - 1, false, proto::kTlsHeaderSize};
  return open;
}

}  // namespace wxsec::flow
