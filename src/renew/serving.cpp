// A server with an expired certificate starts without a word; it is the clients who fail, somewhere
// else, and with a message about certificates of which theirs is the only one they know.
#include "src/renew/serving.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include "lib/core/secret.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "src/certs/threshold.h"

namespace wxsec::certs {
namespace {

using core::Code;
using core::Error;
using core::fail;
using core::Path;
using core::Result;

// DIR/NAME/current/fullchain.pem, or DIR/stations/NAME/current/...; empty for files elsewhere.
struct Place {
  Path dir;
  std::string name;
};
Place place_of(const Path& certificate) {
  const Path current = certificate.parent_path();
  if (current.filename() != "current") return {};
  const Path folder = current.parent_path();
  Path dir = folder.parent_path();
  if (dir.filename() == "stations") dir = dir.parent_path();
  return {dir.empty() ? Path(".") : dir, folder.filename().string()};
}

std::string renew_command(const Path& certificate) {
  const Place place = place_of(certificate);
  if (place.name.empty()) return "renew it where it was issued, or name another pair";
  return fmt::format("wxsec certs renew --dir {} {}", core::shell_word(place.dir.string()),
                     place.name);
}

Error missing(Error error, const Path& certificate) {
  const Place place = place_of(certificate);
  if (error.code == Code::not_found && error.hint.empty())
    error.hint = place.name.empty() ? "name a PEM file that exists"
                                    : fmt::format(
                                          "make the certificates first: wxsec certs init "
                                          "--dir {}",
                                          core::shell_word(place.dir.string()));
  return error;
}

Result<void> check_dates(const pki::Certificate& leaf, const Path& file, core::Instant now) {
  if (now > leaf.not_after)
    return fail(Code::crypto,
                fmt::format("{} expired at {}: no client would accept it", file.string(),
                            core::rfc3339(leaf.not_after)),
                renew_command(file));
  if (now < leaf.not_before)
    return fail(Code::crypto,
                fmt::format("{} is not valid before {}: no client would accept it", file.string(),
                            core::rfc3339(leaf.not_before)),
                "is this machine's clock right? (timedatectl)");
  return {};
}

}  // namespace

Result<std::vector<std::string>> check_serving(const Path& certificate, const Path& key_file,
                                               core::Instant now) {
  const auto chain = pki::load_certificates(certificate);
  if (!chain) return fail(missing(chain.error(), certificate));
  const pki::Certificate& leaf = chain->front();
  const auto key = pki::Key::load(key_file, core::Secret{});
  if (!key) return fail(missing(key.error(), certificate));
  if (!key->matches(leaf))
    return fail(Code::crypto,
                fmt::format("{} is not the key of {}", key_file.string(), certificate.string()),
                "with this pair no client could connect; issue the certificate again");
  WXSEC_TRY(check_dates(leaf, certificate, now));
  std::vector<std::string> warnings;
  if (now >= due_at(leaf, {}))
    warnings.push_back(fmt::format("{} expires at {} and is due for renewal: {}",
                                   certificate.string(), core::rfc3339(leaf.not_after),
                                   renew_command(certificate)));
  struct stat info {};
  if (::stat(key_file.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0)
    warnings.push_back(fmt::format(
        "{} may be read by everybody on this machine (mode {:04o}): chmod o= {}, and renew it: {}",
        key_file.string(), info.st_mode & 07777U, core::shell_word(key_file.string()),
        renew_command(certificate)));
  return warnings;
}

}  // namespace wxsec::certs
