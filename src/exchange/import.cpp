// People have certificates in many shapes: a bundle in the wrong order, a key behind its
// certificate, a .pfx from Windows, files with mail headers around. What counts is inside: the one
// certificate that the key fits is the leaf, and signatures tell who comes above it. So the files
// are emptied into one heap, and the chain is built anew from that; what the chain still lacks is
// looked for in the directory and in the system's store.
#include "src/exchange/import.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/counted.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/pki/chain.h"
#include "lib/pki/key.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/layout.h"
#include "src/certs/renewer.h"
#include "src/exchange/import_chain.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::size_t kMaxFiles = 100;

struct HeapKey {
  pki::Key key;
  core::Path file;
};

struct Heap {
  std::vector<Certificate> certificates;
  std::vector<HeapKey> keys;
  std::vector<std::string> locked_in;  // files with an encrypted key that could not be opened
  std::vector<ImportedFile> read;
};

struct Found {
  const HeapKey* key = nullptr;
  const Certificate* leaf = nullptr;
};

std::string holds_text(const pki::Contents& contents) {
  std::string text = std::string(pki::file_form_text(contents.form));
  const auto add = [&text](std::size_t count, std::string_view what) {
    if (count > 0) text += ", " + core::counted(count, what);
  };
  add(contents.certificates.size(), "certificate");
  add(contents.requests.size(), "request");
  add(contents.lists.size(), "revocation list");
  for (const std::string& wrapping : contents.key_wrappings)
    text += fmt::format(", private key ({})", wrapping);
  return text;
}

bool holds(const std::vector<Certificate>& list, const Certificate& certificate) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Certificate& other) { return other.der == certificate.der; });
}

core::Result<void> empty_into(Heap& heap, const core::Path& path,
                              const core::Passphrase& passphrase) {
  auto read = pki::load_contents(path, passphrase.secret);
  if (!read) return core::fail(core::trace_passphrase(read.error(), passphrase));
  pki::Contents contents = std::move(*read);
  heap.read.push_back({path, holds_text(contents)});
  if (contents.locked_key) heap.locked_in.push_back(path.string());
  for (Certificate& certificate : contents.certificates)
    if (!holds(heap.certificates, certificate)) heap.certificates.push_back(std::move(certificate));
  for (pki::Key& key : contents.keys) {
    const bool known = std::any_of(heap.keys.begin(), heap.keys.end(), [&](const HeapKey& other) {
      return other.key.public_key() == key.public_key();
    });
    if (!known) heap.keys.push_back({std::move(key), path});
  }
  return {};
}

core::Result<Heap> read_all(const ImportOptions& options) {
  if (options.files.empty() || options.files.size() > kMaxFiles)
    return core::fail(core::Code::usage, "no files to import, or too many",
                      "name certificate and key: wxsec certs import NAME cert.pem key.pem");
  Heap heap;
  for (const core::Path& path : options.files)
    WXSEC_TRY(empty_into(heap, path, options.passphrase));
  return heap;
}

core::Failure nothing_fits(const Heap& heap) {
  std::string text;
  for (const Certificate& certificate : heap.certificates)
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ",
                        core::escape_terminal(certificate.subject), pki::key_text(certificate));
  return core::fail(core::Code::crypto,
                    "the private key belongs to none of the certificates: " + text,
                    "give the key that was made with the certificate, or have that key certified");
}

core::Result<void> check_whole(const Heap& heap) {
  if (heap.certificates.empty())
    return core::fail(core::Code::not_found, "there is no certificate in these files",
                      "add the file that starts with -----BEGIN CERTIFICATE-----");
  if (!heap.keys.empty()) return {};
  if (!heap.locked_in.empty())
    return core::fail(core::Code::crypto,
                      fmt::format("{}: the private key is encrypted", heap.locked_in.front()),
                      "give its passphrase: --passphrase-file FILE or --ask-passphrase");
  return core::fail(core::Code::not_found, "there is no private key in these files",
                    "add the file with the key; if a device keeps it: wxsec certs sign --csr FILE");
}

// The key and its certificate; of several for one key the one that ends last.
core::Result<Found> find_pair(const Heap& heap) {
  WXSEC_TRY(check_whole(heap));
  Found found;
  for (const HeapKey& key : heap.keys) {
    for (const Certificate& certificate : heap.certificates) {
      if (!key.key.matches(certificate)) continue;
      if (found.key != nullptr && found.key != &key)
        return core::fail(core::Code::unsupported, "there are two pairs of key and certificate",
                          "import one after the other, each under its own name");
      if (found.leaf != nullptr && certificate.not_after <= found.leaf->not_after) continue;
      found = {&key, &certificate};
    }
  }
  if (found.leaf == nullptr) return nothing_fits(heap);
  return found;
}

// Whoever reads a name up to its NUL sees another one than was certified.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

core::Result<void> check_leaf(const Certificate& leaf, core::Instant now) {
  const bool hidden = has_control(leaf.common_name) ||
                      std::any_of(leaf.names.begin(), leaf.names.end(),
                                  [](const auto& name) { return has_control(name.value); });
  if (hidden)
    return core::fail(core::Code::malformed, "a name in the certificate holds a control character",
                      "do not use it: it is made to be taken for another one");
  if (leaf.is_ca && !leaf.self_issued)
    return core::fail(core::Code::unsupported,
                      fmt::format("{} is an authority", core::escape_terminal(leaf.subject)),
                      "import a certificate that it issued");
  if (leaf.key_kind == pki::KeyKind::rsa && leaf.key_bits < 2048)
    return core::fail(core::Code::crypto,
                      fmt::format("its key is too weak: {}", pki::key_text(leaf)),
                      "have a new one made, with P-256 or RSA-2048");
  if (now >= leaf.not_after)
    return core::fail(
        core::Code::crypto,
        fmt::format("the certificate expired {} ago ({})",
                    core::human_duration(now - leaf.not_after), core::utc_date(leaf.not_after)),
        "renew it where it came from, then import that");
  return {};
}

void order(Imported& out, const Heap& heap, const Certificate& leaf, const Layout& layout,
           core::Instant now) {
  out.chain = pki::build_chain(leaf, heap.certificates);
  complete(out, heap.certificates, layout);
  out.ends_at_root = out.chain.back().self_issued;
  out.verdict = judged(out, layout, now);
  if (out.ends_at_root && out.chain.size() > 1) out.chain.pop_back();  // servers do not show it
  for (const Certificate& given : heap.certificates)
    if (!holds(out.chain, given)) out.unused.push_back(given);
}

// More keys than one are a slip, or an old one that lies beside: whoever gave them is to know which
// one counts.
std::vector<std::string> surplus_keys(const Heap& heap, const HeapKey& used) {
  std::vector<std::string> surplus;
  for (const HeapKey& one : heap.keys)
    if (&one != &used)
      surplus.push_back(fmt::format("{}: a {} key, not the one of this certificate",
                                    one.file.string(), pki::key_text(one.key)));
  for (const std::string& file : heap.locked_in)
    surplus.push_back(file + ": an encrypted key, for which no passphrase was given");
  return surplus;
}

// In use by other names of this directory.
void name_others(const Layout& layout, const Certificate& leaf, Imported& out) {
  const auto names = layout.identities();
  if (!names) return;
  for (const std::string& name : *names) {
    const auto other = pki::load_certificates(layout.current(name).cert);
    if (name == out.name || !other) continue;
    if (other->front().public_key_sha256 == leaf.public_key_sha256) out.same_key.push_back(name);
    if (other->front().der == leaf.der) out.same_certificate.push_back(name);
  }
}

core::Result<Access> access_for(const ImportOptions& options, const core::Path& folder) {
  Access access = WXSEC_TRY(is_in_use(folder)) ? access_of(folder) : Access{};
  if (options.group.empty()) return access;
  access.key_mode = 0640;
  access.group = WXSEC_TRY(find_group(options.group));
  return access;
}

core::Result<void> install(const ImportOptions& options, const pki::Key& key, Imported& out) {
  WXSEC_TRY(core::make_directories(options.dir, 0755));
  const Layout layout(options.dir);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  const core::Path present = layout.identity(options.name);  // also among the stations
  out.folder = WXSEC_TRY(is_in_use(present)) ? present : layout.dir() / options.name;
  if (options.if_exists == IfExists::refuse && WXSEC_TRY(is_in_use(out.folder)))
    return core::fail(core::Code::exists, fmt::format("{} is there already", out.folder.string()),
                      "take another name, or --replace for a new generation");
  Installer installer;
  const Access access = WXSEC_TRY(access_for(options, out.folder));
  Pair pair;
  pair.chain = out.chain;
  pair.key_pem = key.to_pem();
  out.generation = WXSEC_TRY(installer.stage(out.folder, pair, access));
  WXSEC_TRY(installer.commit());
  out.dismissed = WXSEC_TRY(dismiss_renewers(out.folder));
  prune_generations(out.folder, kKeptGenerations);
  out.files = files_in(out.folder / "current");
  return {};
}

}  // namespace

core::Result<Imported> import(const ImportOptions& options, const core::Clock& clock) {
  WXSEC_TRY(check_leaf_name(options.name));
  const Heap heap = WXSEC_TRY(read_all(options));
  const Found found = WXSEC_TRY(find_pair(heap));
  const core::Instant now = clock.now();
  WXSEC_TRY(check_leaf(*found.leaf, now));
  Imported out;
  out.name = options.name;
  out.read = heap.read;
  order(out, heap, *found.leaf, Layout(options.dir), now);
  out.unused_keys = surplus_keys(heap, *found.key);
  name_others(Layout(options.dir), *found.leaf, out);
  WXSEC_TRY(install(options, found.key->key, out));
  return out;
}

}  // namespace wxsec::certs
