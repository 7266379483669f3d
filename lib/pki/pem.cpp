// What people paste around PEM blocks is endless: mail headers, `openssl x509 -text` output,
// Windows line ends, a byte order mark from an editor. So the reader looks for BEGIN lines and
// ignores everything outside of them; inside a block it is strict, since a damaged key or
// certificate must never be taken for a shorter one.
#include "lib/pki/pem.h"

#include <fmt/core.h>

#include <algorithm>

namespace wxsec::pki {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::size_t kLine = 64;  // RFC 7468 section 2

core::Failure broken(std::string_view label, std::string_view why) {
  return core::fail(core::Code::malformed,
                    fmt::format("the PEM block '{}' is broken: {}", label, why),
                    "the file may be cut off or edited by hand: copy it again");
}

// Old encrypted keys carry "Proc-Type: 4,ENCRYPTED" lines before the base64 (RFC 1421).
bool has_headers(std::string_view body) { return body.find(':') != std::string_view::npos; }

core::Result<PemBlock> read_block(std::string_view text, std::size_t begin, std::size_t& end) {
  const std::size_t label_at = begin + kBegin.size();
  const std::size_t label_end = text.find(kDashes, label_at);
  if (label_end == std::string_view::npos || label_end - label_at > 64 ||
      text.substr(label_at, label_end - label_at).find('\n') != std::string_view::npos)
    return broken("?", "its BEGIN line does not end");
  PemBlock block;
  block.label = text.substr(label_at, label_end - label_at);
  const std::size_t body_at = label_end + kDashes.size();
  const std::size_t body_end = text.find(kDashes, body_at);
  const std::string closing = fmt::format("{}{}{}", kEnd, block.label, kDashes);
  if (body_end == std::string_view::npos) return broken(block.label, "it has no END line");
  if (text.substr(body_end, closing.size()) != closing)
    return broken(block.label, "its END line names something else");
  end = body_end + closing.size();
  block.text = text.substr(begin, end - begin);
  const std::string_view body = text.substr(body_at, body_end - body_at);
  if (has_headers(body)) return block;
  auto der = decode_base64(body);
  if (!der) return broken(block.label, der.error().what);
  block.der = std::move(*der);
  return block;
}

// The armour with `append` for its text, so that secrets need no second copy.
void append_pem(std::string& out, std::string_view label, std::string_view base64) {
  out.reserve(out.size() + base64.size() + base64.size() / kLine + 2 * label.size() + 40);
  out.append(kBegin).append(label).append(kDashes).push_back('\n');
  for (std::size_t at = 0; at < base64.size(); at += kLine) {
    out.append(base64.substr(at, kLine)).push_back('\n');
  }
  out.append(kEnd).append(label).append(kDashes).push_back('\n');
}

}  // namespace

bool looks_like_pem(std::string_view text) { return text.find(kBegin) != std::string_view::npos; }

core::Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  std::vector<PemBlock> blocks;
  std::size_t at = text.find(kBegin);
  while (at != std::string_view::npos) {
    std::size_t end = at;
    blocks.push_back(WXSEC_TRY(read_block(text, at, end)));
    at = text.find(kBegin, end);
  }
  return blocks;
}

std::string encode_pem(std::string_view label, core::ByteView der) {
  std::string out;
  append_pem(out, label, encode_base64(der));
  return out;
}

core::Secret encode_secret_pem(std::string_view label, core::ByteView der) {
  const core::Secret base64(encode_base64(der));  // wiped; reserved beforehand, so never moved
  std::string out;
  append_pem(out, label, base64.reveal());
  return core::Secret(std::move(out));
}

}  // namespace wxsec::pki
