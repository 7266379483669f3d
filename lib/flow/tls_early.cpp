// Early data (RFC 8446 2.3) is what the client says before the server has said a word. The server
// may refuse it: then its application reads none of it, and the client says it again or not. So it
// is another conversation than what follows, and no answer belongs to it. Who takes it is known
// late:
//
//     client                                server
//     ClientHello, early data  ------------>
//                 <------------  HelloRetryRequest: refused
//                 <------------  ServerHello, EncryptedExtensions with early_data: taken; without:
//     more of it                 refused, while more of it may still come
//     EndOfEarlyData             only if it was taken
//     Finished
#include <algorithm>

#include "lib/flow/tls_dissector.h"

namespace wxsec::flow {
namespace {

constexpr std::uint16_t kEarlyData = 42;

}  // namespace

// `opened` has not been carried yet. Without EndOfEarlyData it was refused, unless that may be what
// the capture lacks.
void TlsDissector::follow_early(Scene& scene, Direction direction, const TlsKeys::Opened& opened) {
  if (direction != Direction::to_server) return;
  if (!opened.early) {
    if (early_ == Early::undecided && !client_lacks_) refuse_early();
    return end_early(scene);
  }
  const bool is_end =
      opened.type == static_cast<std::uint8_t>(proto::TlsContent::handshake) &&
      !opened.plaintext.empty() &&
      opened.plaintext[0] == static_cast<std::uint8_t>(proto::TlsHandshakeType::end_of_early_data);
  if (!is_end) return;
  early_ = Early::taken;
  early_over_ = true;
}

// RFC 8446 4.2.10.
void TlsDissector::encrypted_extensions(core::ByteView body) {
  if (!facts_.early_data || early_ != Early::undecided) return;
  constexpr std::size_t kLength = 2;  // of all of them
  proto::TlsExtensionReader extensions(body.subspan(std::min(kLength, body.size())));
  while (const auto one = extensions.next()) {
    if (one->type == kEarlyData) early_ = Early::taken;
  }
  if (early_ == Early::undecided) refuse_early();
}

// RFC 8446 4.1.2: after a retry, and without early data.
void TlsDissector::hello_again(const Scene& scene) {
  if (!facts_.early_data || early_over_) return;
  refuse_early();
  end_early(scene);
}

void TlsDissector::refuse_early() {
  if (early_ == Early::refused || early_over_) return;
  early_ = Early::refused;
  refused_ = std::move(inside_);
}

void TlsDissector::end_early(const Scene& scene) {
  early_over_ = true;
  if (!refused_) return;
  Scene inner = scene_inside(scene);
  for (const Direction direction : {Direction::to_server, Direction::to_client})
    refused_->end(inner, direction);
  refused_.reset();
}

}  // namespace wxsec::flow
