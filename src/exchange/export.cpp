#include "src/exchange/export.h"

#include <fmt/core.h>

#include <array>

#include "lib/pki/key.h"
#include "lib/pki/pem.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"
#include "src/certs/revoked_here.h"

namespace wxsec::certs {
namespace {

constexpr std::array<std::string_view, 3> kFormats{"pkcs12", "der", "c-header"};
constexpr core::WriteOptions kSecretFile{.mode = 0600, .group = {}};

struct Identity {
  std::vector<pki::Certificate> roots;
  std::vector<pki::Certificate> chain;
  std::optional<pki::Key> key;
};

// All from one generation: `current` may move while we read.
core::Result<Identity> load_identity(const Layout& layout, const core::Path& generation) {
  const IdentityFiles files = files_in(generation);
  Identity out;
  out.chain = WXSEC_TRY(pki::load_certificates(files.fullchain));
  if (core::path_exists(layout.ca())) out.roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  if (!core::path_exists(files.key)) return out;
  out.key = WXSEC_TRY(pki::Key::load(files.key, {}));
  if (out.key->matches(out.chain.front())) return out;
  return core::fail(
      core::Code::crypto,
      fmt::format("key and certificate in {} do not belong together", generation.string()),
      "put the pair back: wxsec certs rollback");
}

core::Result<void> write(const core::Path& path, std::string_view content,
                         const core::WriteOptions& access, Exported& out) {
  WXSEC_TRY(core::write_file_new(path, content, access));
  out.files.push_back(path);
  return {};
}

core::Result<void> write_pkcs12(const ExportOptions& options, const Identity& identity,
                                Exported& out) {
  if (!identity.key)
    return core::fail(core::Code::not_found,
                      fmt::format("the private key of {} is not here", options.name),
                      "PKCS#12 is made where the key is");
  std::vector<pki::Certificate> chain = identity.chain;
  chain.insert(chain.end(), identity.roots.begin(), identity.roots.end());
  const core::Secret file = WXSEC_TRY(pki::make_pkcs12(
      *identity.key, chain, options.name, options.passphrase.secret, options.protection));
  return write(options.out, file.reveal(), kSecretFile, out);
}

core::Result<void> write_der_key(const core::Path& path, const pki::Key& key, Exported& out) {
  auto blocks = WXSEC_TRY(pki::parse_pem(key.to_pem().reveal()));
  const auto written = write(path, core::as_text(blocks.front().der), kSecretFile, out);
  core::wipe(blocks.front().der.data(), blocks.front().der.size());
  return written;
}

core::Result<void> write_der(const ExportOptions& options, const Identity& identity,
                             Exported& out) {
  WXSEC_TRY(core::make_directories(options.out, 0700));
  std::size_t number = 0;
  for (const pki::Certificate& root : identity.roots) {
    const std::string name = number == 0 ? "ca.der" : fmt::format("ca-{}.der", number + 1);
    WXSEC_TRY(write(options.out / name, core::as_text(root.der), {}, out));
    ++number;
  }
  WXSEC_TRY(write(options.out / "cert.der", core::as_text(identity.chain.front().der), {}, out));
  for (std::size_t i = 1; i < identity.chain.size(); ++i)
    WXSEC_TRY(write(options.out / fmt::format("chain-{}.der", i),
                    core::as_text(identity.chain[i].der), {}, out));
  if (!identity.key) return {};
  out.key_in_clear = true;
  return write_der_key(options.out / "key.der", *identity.key, out);
}

core::Result<void> write_header(const ExportOptions& options, const Identity& identity,
                                Exported& out) {
  const core::Secret key = identity.key ? identity.key->to_pem() : core::Secret();
  const core::Secret text = c_header(options.name, identity.roots, identity.chain, key);
  out.key_in_clear = identity.key.has_value();
  return write(options.out, text.reveal(), kSecretFile, out);
}

core::Result<void> write_all(const ExportOptions& options, const Identity& identity,
                             Exported& out) {
  switch (options.format) {
    case ExportFormat::pkcs12: return write_pkcs12(options, identity, out);
    case ExportFormat::der: return write_der(options, identity, out);
    case ExportFormat::c_header: break;
  }
  return write_header(options, identity, out);
}

}  // namespace

std::string_view export_format_text(ExportFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

core::Result<ExportFormat> parse_export_format(std::string_view text) {
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    if (kFormats[i] == text) return static_cast<ExportFormat>(i);
  return core::fail(core::Code::usage, fmt::format("'{}' is not a form of export", text),
                    "one of pkcs12, der, c-header");
}

core::Result<Exported> export_identity(const ExportOptions& options) {
  WXSEC_TRY(check_identity_name(options.name));
  const Layout layout(options.dir);
  Exported out;
  out.name = options.name;
  out.generation = WXSEC_TRY(resolve_current(layout.identity(options.name)));
  const Identity identity = WXSEC_TRY(load_identity(layout, out.generation));
  out.has_key = identity.key.has_value();
  out.certificate = identity.chain.front();
  out.revoked = RevokedHere::load_readable(layout).has(out.certificate);
  auto written = write_all(options, identity, out);
  if (written) return out;
  for (const core::Path& file : out.files) {  // half an export is none
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
  return core::fail(written.error());
}

}  // namespace wxsec::certs
