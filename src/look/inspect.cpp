// A file is emptied by the one reader of all forms (lib/pki/contents.h); what it is shown as is
// what weighs most in it: certificates, then requests, lists, a key alone.
#include "src/look/inspect.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "lib/pki/chain.h"
#include "lib/pki/contents.h"
#include "lib/pki/key.h"
#include "src/certs/check_tree.h"
#include "src/certs/layout.h"
#include "src/certs/place.h"
#include "src/certs/successor.h"

namespace wxsec::certs {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 8;

std::string describe_key(const std::string& file, const pki::Contents& contents) {
  struct stat info {};
  ::stat(file.c_str(), &info);
  const std::string kind =
      contents.keys.empty() ? "locked by a passphrase" : pki::key_text(contents.keys.front());
  return fmt::format("{}, {}, mode {:04o}", kind, contents.key_wrappings.front(),
                     info.st_mode & 07777U);
}

core::Result<Inspection> inspect_endpoint(const InspectOptions& options, const core::Clock& clock) {
  Inspection out;
  out.content = Content::endpoint;
  out.endpoint =
      WXSEC_TRY(look_at({options.target, options.ca, options.dir, options.timeout}, clock));
  out.chain = out.endpoint->chain;
  out.trust_known = true;
  out.verdict.reason = out.endpoint->reason;
  out.verdict.sentence = out.endpoint->sentence;
  out.verdict.hint = out.endpoint->hint;
  return out;
}

// PKCS#12 has no order: there the leaf is the one that the key fits.
void put_leaf_first(Inspection& out, const std::vector<pki::Key>& keys) {
  const auto fits = [&keys](const pki::Certificate& certificate) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const pki::Key& key) { return key.matches(certificate); });
  };
  const auto leaf = std::find_if(out.chain.begin(), out.chain.end(), fits);
  if (leaf == out.chain.end()) return;
  const pki::Certificate first = *leaf;
  out.chain = pki::build_chain(first, out.chain);
}

KeyState key_of(const InspectOptions& options, const pki::Contents& contents,
                const pki::Certificate& leaf) {
  if (contents.keys.empty()) {
    if (contents.locked_key) return KeyState::unreadable;
    return key_beside(options.target, leaf);
  }
  const bool fits = std::any_of(contents.keys.begin(), contents.keys.end(),
                                [&](const pki::Key& key) { return key.matches(leaf); });
  if (!fits) return KeyState::mismatch;
  struct stat info {};
  const bool encrypted = contents.form == pki::FileForm::pkcs12 ||
                         contents.key_wrappings.front().ends_with("encrypted");
  const bool exposed =
      !encrypted && ::stat(options.target.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0;
  return exposed ? KeyState::exposed : KeyState::matches;
}

// A public authority's certificate is no stranger, also where a directory was given.
pki::Verdict judge_asked(const std::vector<pki::Certificate>& chain, const Trust& trust,
                         core::Instant now) {
  pki::Verdict verdict = judge(chain, trust, std::nullopt, now);
  if (!trust.asked_for || !is_stranger(verdict.reason)) return verdict;
  const Trust system = system_trust();
  if (system.roots.empty()) return verdict;
  pki::Verdict by_system = judge(chain, system, std::nullopt, now);
  return is_stranger(by_system.reason) ? verdict : by_system;
}

core::Result<void> judge_certificates(const InspectOptions& options, const pki::Contents& contents,
                                      core::Instant now, Inspection& out) {
  out.chain = contents.certificates;
  if (contents.form == pki::FileForm::pkcs12) put_leaf_first(out, contents.keys);
  Trust trust = WXSEC_TRY(load_trust(options.ca, options.dir));
  const bool by_dir = options.ca.empty() && options.dir_asked_for && !trust.roots.empty();
  trust.asked_for = trust.asked_for || by_dir;
  std::vector<pki::Certificate> whole = out.chain;
  if (whole.size() == 1) {
    const auto beside =
        pki::load_certificates(core::Path(options.target).parent_path() / "chain.pem");
    if (beside) whole.insert(whole.end(), beside->begin(), beside->end());
  }
  out.verdict = by_dir ? judge_asked(whole, trust, now) : judge(whole, trust, std::nullopt, now);
  out.trust_known = out.verdict.path.size() > 1 || trust.asked_for;
  out.key = key_of(options, contents, out.chain.front());
  return {};
}

core::Result<Inspection> inspect_file(const InspectOptions& options, core::Instant now) {
  const auto read = pki::load_contents(options.target, options.passphrase.secret);
  if (!read) return core::fail(core::trace_passphrase(read.error(), options.passphrase));
  const pki::Contents& contents = *read;
  Inspection out;
  out.form = pki::file_form_text(contents.form);
  out.weak_encryption = contents.weak_encryption;
  out.crls = contents.lists;
  out.requests = contents.requests;
  if (!contents.certificates.empty()) {
    WXSEC_TRY(judge_certificates(options, contents, now, out));
  } else if (!out.requests.empty()) {
    out.content = Content::requests;
  } else if (!out.crls.empty()) {
    out.content = Content::revocation_lists;
  } else {
    out.content = Content::private_key;
    out.key_description = describe_key(options.target, contents);
  }
  return out;
}

bool has_known_ending(const core::Path& path) {
  constexpr std::array<std::string_view, 10> kEndings{".pem", ".crt", ".cer", ".der", ".crl",
                                                      ".csr", ".req", ".p12", ".pfx", ".key"};
  const std::string ending = lower_extension(path);
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::vector<std::string> files_below(const core::Path& dir) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(dir, fs::directory_options::skip_permission_denied, error);
  while (!error && at != fs::recursive_directory_iterator() && files.size() < kMaxInspectedFiles) {
    std::error_code ignored;
    if (at.depth() >= kMaxDepth) at.disable_recursion_pending();
    if (has_known_ending(at->path()) && at->is_regular_file(ignored))
      files.push_back(at->path().string());
    at.increment(error);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> files_of_layout(const Layout& layout,
                                         const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const core::Path& path : {layout.ca(), layout.crl()})
    if (core::path_exists(path)) files.push_back(path.string());
  for (const std::string& name : names) files.push_back(layout.current(name).fullchain.string());
  return files;
}

InspectOptions options_for(const std::string& file, const InspectOptions& options,
                           const core::Path& dir) {
  InspectOptions one;
  one.target = file;
  one.ca = options.ca;
  one.dir = dir;
  one.dir_asked_for = options.dir_asked_for && dir == options.dir;
  one.timeout = options.timeout;
  one.passphrase = options.passphrase.clone();
  return one;
}

}  // namespace

core::Result<Inspection> inspect(const InspectOptions& options, const core::Clock& clock) {
  const core::Instant now = clock.now();
  Inspection out = WXSEC_TRY(is_url(options.target) ? inspect_endpoint(options, clock)
                                                    : inspect_file(options, now));
  out.target = options.target;
  out.at = now;
  auto place = is_url(options.target) ? std::nullopt : place_of(options.target);
  if (!place && !out.chain.empty() && !options.dir.empty() &&
      is_ours(out.chain.front(), Layout(options.dir)))
    place = Place{options.dir, {}};
  out.verdict.hint = placed(out.verdict.hint, place);
  return out;
}

bool is_directory(const std::string& target) {
  std::error_code ignored;
  return !is_url(target) && fs::is_directory(target, ignored);
}

core::Result<std::vector<InspectedFile>> inspect_directory(const InspectOptions& options,
                                                           const core::Clock& clock) {
  const Layout layout(options.target);
  const std::vector<std::string> names = WXSEC_TRY(layout.identities());
  const auto files = names.empty() ? files_below(options.target) : files_of_layout(layout, names);
  if (files.empty())
    return core::fail(core::Code::not_found,
                      fmt::format("{} holds no certificate files", options.target),
                      "files with the usual endings are looked at: .pem .crt .cer .der .crl .csr "
                      ".req .p12 .pfx .key");
  // A certificate directory is judged by its own root.
  const core::Path dir = names.empty() ? options.dir : core::Path(options.target);
  std::vector<InspectedFile> out;
  for (const std::string& file : files)
    out.push_back({file, inspect(options_for(file, options, dir), clock)});
  for (const ClosedFolder& closed : closed_folders(layout))
    out.push_back({closed.path.string(), core::fail(closed.error)});
  return out;
}

}  // namespace wxsec::certs
