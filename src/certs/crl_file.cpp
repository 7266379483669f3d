#include "src/certs/crl_file.h"

#include <algorithm>
#include <charconv>

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxCrlFile = 64 * 1024 * 1024;

std::uint64_t number_of(const pki::Crl& list) {
  std::uint64_t number = 0;
  std::from_chars(list.number.data(), list.number.data() + list.number.size(), number, 16);
  return number;
}

bool is_by(const pki::Crl& list, const pki::Issuer& issuer) {
  return list.authority_key_id == issuer.certificate().subject_key_id;
}

}  // namespace

core::Result<pki::Crl> fresh_crl(const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& revoked, std::uint64_t number,
                                 core::Instant now) {
  const core::Instant end = std::min(now + kCrlLifetime, issuer.certificate().not_after);
  return issuer.issue_crl(revoked, number, now - std::chrono::minutes(5), end);
}

core::Result<void> write_crl_file(const core::Path& path, const std::vector<pki::Crl>& lists) {
  std::string text;
  for (const pki::Crl& list : lists) text += pki::to_pem(list);
  return core::write_file_atomic(path, text, {});
}

core::Result<std::vector<pki::Crl>> read_crl_file(const core::Path& path) {
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxCrlFile));
  auto lists = pki::parse_crls(text);
  if (!lists) return core::fail(core::with_context(lists.error(), path.string()));
  return lists;
}

core::Result<void> renew_crl_file(const core::Path& path, const pki::Issuer& issuer,
                                  const std::vector<pki::Revoked>& more, core::Instant now) {
  std::vector<pki::Crl> lists;
  if (core::path_exists(path)) lists = WXSEC_TRY(read_crl_file(path));
  const auto old = std::find_if(lists.begin(), lists.end(),
                                [&](const pki::Crl& list) { return is_by(list, issuer); });
  std::vector<pki::Revoked> revoked;
  std::uint64_t number = 1;
  if (old != lists.end()) {
    revoked = std::move(old->revoked);
    number = number_of(*old) + 1;
    lists.erase(old);
  }
  revoked.insert(revoked.end(), more.begin(), more.end());
  lists.insert(lists.begin(), WXSEC_TRY(fresh_crl(issuer, revoked, number, now)));
  return write_crl_file(path, lists);
}

}  // namespace wxsec::certs
