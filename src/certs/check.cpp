// One line per thing that can run out or be broken: a certificate with its key and chain, a
// revocation list, an endpoint. Problems are items and not errors, so that one unreadable file in a
// hundred does not hide the other ninety-nine.
#include "src/certs/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/pki/crl.h"
#include "lib/pki/key.h"
#include "lib/pki/pem.h"
#include "src/certs/endpoint.h"
#include "src/certs/examine.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

namespace fs = std::filesystem;
using pki::Certificate;

constexpr std::size_t kMaxFiles = 1'000'000;
constexpr int kMaxDepth = 8;
constexpr std::array<std::string_view, 5> kStates{"fine", "due", "expired", "broken", "unreadable"};

struct Run {
  const CheckOptions& options;
  core::Instant now;
  const core::Clock& clock;
  Trust trust;
  CheckReport report;
};

void set_unreadable(CheckItem& item, const core::Error& error) {
  item.state = CheckState::unreadable;
  item.reason = pki::Reason::other;
  item.sentence = error.what;
  item.hint = error.hint.empty() ? "check the path and the permissions" : error.hint;
}

void set_broken(CheckItem& item, pki::Reason reason, std::string sentence, std::string hint) {
  item.state = CheckState::broken;
  item.reason = reason;
  item.sentence = std::move(sentence);
  item.hint = std::move(hint);
}

std::string left_text(core::Instant end, core::Instant now) {
  return fmt::format("{} left", core::human_duration(end - now));
}

// What ends first in the chain is what ends the leaf's usefulness.
const Certificate& first_to_end(const std::vector<Certificate>& chain) {
  return *std::min_element(chain.begin(), chain.end(),
                           [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
}

void set_time_left(CheckItem& item, const std::vector<Certificate>& chain, const Run& run) {
  const Certificate& first = first_to_end(chain);
  item.due = due_at(first, run.options.within);
  item.sentence = left_text(first.not_after, run.now);
  if (run.now < *item.due) return;
  item.state = CheckState::due;
  const bool by_leaf = &first == &chain.front();
  item.sentence +=
      by_leaf ? "; due for renewal"
              : fmt::format("; its issuer {} ends first", core::escape_terminal(first.common_name));
  item.hint = by_leaf ? "renew it: wxsec certs renew --dir DIR, with its directory"
                      : "its authority must be replaced: wxsec certs init --dir NEW";
}

void set_verdict(CheckItem& item, const pki::Verdict& verdict) {
  item.reason = verdict.reason;
  item.state = verdict.reason == pki::Reason::expired ? CheckState::expired : CheckState::broken;
  item.sentence = verdict.sentence;
  item.hint = verdict.hint;
}

void describe(CheckItem& item, const Certificate& leaf) {
  item.what = "certificate";
  item.subject = leaf.common_name.empty() ? leaf.subject : leaf.common_name;
  if (item.subject.empty() && !leaf.names.empty()) item.subject = leaf.names.front().value;
  item.serial = leaf.serial;
  item.not_before = leaf.not_before;
  item.not_after = leaf.not_after;
}

void judge_key(CheckItem& item, KeyState key) {
  if (key == KeyState::mismatch)
    set_broken(item, pki::Reason::other, "the private key beside it belongs to another certificate",
               "put the pair back: wxsec certs rollback --dir DIR NAME");
  if (key == KeyState::exposed)
    set_broken(item, pki::Reason::other, "everybody on this machine can read its private key",
               "chmod o= on the key; then issue it again, since it may have been copied");
}

void judge_chain(CheckItem& item, const std::vector<Certificate>& chain, const core::Path& file,
                 Run& run) {
  const pki::Verdict verdict = judge(chain, run.trust, std::nullopt, run.now);
  if (!verdict.valid()) return set_verdict(item, verdict);
  set_time_left(item, chain, run);
  judge_key(item, key_beside(file, chain.front()));
}

CheckItem crl_item(const std::string& target, const pki::Crl& list, const Run& run) {
  CheckItem item;
  item.target = target;
  item.what = "revocation list";
  item.subject = list.issuer;
  item.not_before = list.this_update;
  item.not_after = list.next_update;
  if (!list.next_update) {
    item.sentence = fmt::format("{} revoked; it names no end", list.revoked.size());
    return item;
  }
  Certificate window;  // a list is due by the same rule
  window.not_before = list.this_update;
  window.not_after = *list.next_update;
  item.due = due_at(window, run.options.within);
  item.sentence =
      fmt::format("{} revoked; {}", list.revoked.size(), left_text(*list.next_update, run.now));
  if (run.now >= *item.due) item.state = CheckState::due;
  if (run.now >= *list.next_update) {
    item.state = CheckState::expired;
    item.reason = pki::Reason::revocation_unknown;
    item.sentence = fmt::format("the list ran out {} ago: brokers that use it refuse everybody",
                                core::human_duration(run.now - *list.next_update));
  }
  if (item.state != CheckState::fine) item.hint = "wxsec certs crl --dir DIR";
  return item;
}

bool is_crl_text(std::string_view text) {
  return text.find("BEGIN X509 CRL") != std::string_view::npos;
}

bool is_key_alone(std::string_view text) {
  return text.find("PRIVATE KEY-----") != std::string_view::npos &&
         text.find("BEGIN CERTIFICATE") == std::string_view::npos;
}

void check_crls(const std::string& target, std::string_view text, Run& run) {
  const auto lists = pki::parse_crls(text);
  if (!lists) {
    CheckItem item{.target = target, .what = "revocation list"};
    set_broken(item, pki::Reason::malformed, lists.error().what, "wxsec certs crl --dir DIR");
    run.report.items.push_back(std::move(item));
    return;
  }
  for (const pki::Crl& list : *lists) run.report.items.push_back(crl_item(target, list, run));
}

void check_key(const std::string& target, std::string_view text, Run& run) {
  CheckItem item{.target = target, .what = "private key"};
  const bool encrypted = text.find("ENCRYPTED") != std::string_view::npos;
  if (const auto key = pki::Key::parse(text, {}); !key && !encrypted)
    set_broken(item, pki::Reason::malformed, key.error().what, "bring it back from a backup");
  if (item.sentence.empty()) item.sentence = encrypted ? "encrypted" : "readable";
  run.report.items.push_back(std::move(item));
}

// The chain of a leaf that lies alone in cert.pem is beside it.
void add_chain_beside(const core::Path& file, std::vector<Certificate>& chain) {
  if (file.filename() != "cert.pem" || chain.size() > 1) return;
  const auto more = pki::load_certificates(file.parent_path() / "chain.pem");
  if (more) chain.insert(chain.end(), more->begin(), more->end());
}

void check_certificates(const core::Path& path, const std::string& target, std::string_view text,
                        Run& run) {
  CheckItem item{.target = target, .what = "certificate"};
  auto chain = pki::parse_certificates(text);
  if (!chain && chain.error().code == core::Code::malformed) {
    set_broken(item, pki::Reason::malformed, chain.error().what, chain.error().hint);
  } else if (!chain) {
    set_unreadable(item, chain.error());
  } else {
    add_chain_beside(path, *chain);
    describe(item, chain->front());
    judge_chain(item, *chain, path, run);
  }
  run.report.items.push_back(std::move(item));
}

enum class Keys { report, skip };

// `target` is what the report calls it.
void check_file(const core::Path& path, const std::string& target, Keys keys, Run& run) {
  const auto text = core::read_file(path, pki::kMaxCertificateFile);
  if (!text) {
    CheckItem item{.target = target, .what = "file"};
    set_unreadable(item, text.error());
    run.report.items.push_back(std::move(item));
    return;
  }
  if (is_crl_text(*text)) return check_crls(target, *text, run);
  if (!is_key_alone(*text)) return check_certificates(path, target, *text, run);
  if (keys == Keys::report) check_key(target, *text, run);
}

void check_identities(const Layout& layout, const std::vector<std::string>& names, Run& run) {
  for (const std::string& name : names) {
    const core::Path shown = layout.current(name).cert;
    // Resolved once, so that a renewal in between cannot mix two generations.
    const auto generation = resolve_current(layout.identity(name));
    check_file(generation ? files_in(*generation).cert : shown, shown.string(), Keys::skip, run);
  }
  if (core::path_exists(layout.crl()))
    check_file(layout.crl(), layout.crl().string(), Keys::skip, run);
}

bool has_certificate_name(const core::Path& path) {
  const std::string extension = path.extension().string();
  return extension == ".pem" || extension == ".crt" || extension == ".cer" || extension == ".der" ||
         extension == ".crl";
}

void check_tree(const core::Path& dir, Run& run) {
  std::error_code error;
  fs::recursive_directory_iterator at(dir, fs::directory_options::skip_permission_denied, error);
  std::vector<core::Path> files;
  while (!error && at != fs::recursive_directory_iterator() && files.size() < kMaxFiles) {
    std::error_code ignored;
    if (at.depth() >= kMaxDepth) at.disable_recursion_pending();
    if (has_certificate_name(at->path()) && at->is_regular_file(ignored))
      files.push_back(at->path());
    at.increment(error);
  }
  std::sort(files.begin(), files.end());
  for (const core::Path& file : files) check_file(file, file.string(), Keys::skip, run);
  if (!error && !files.empty()) return;
  CheckItem item{.target = dir.string(), .what = "directory"};
  set_unreadable(
      item, {core::Code::not_found, error ? error.message() : "no certificate in this directory",
             "files ending in .pem, .crt, .cer, .der and .crl are looked at"});
  run.report.items.push_back(std::move(item));
}

void check_directory(const core::Path& dir, Run& run) {
  const Layout layout(dir);
  const auto names = layout.identities();
  if (!names || names->empty()) return check_tree(dir, run);
  // Each certificate directory is measured by its own root.
  const Trust before = run.trust;
  if (run.options.ca.empty()) {
    if (auto own = load_trust({}, dir)) run.trust = std::move(*own);
    run.trust.asked_for = !run.trust.roots.empty();
  }
  check_identities(layout, *names, run);
  run.trust = before;
}

void check_endpoint(const std::string& url, Run& run) {
  CheckItem item{.target = url, .what = "endpoint"};
  const auto view = look_at({url, run.options.ca, run.options.dir, run.options.timeout}, run.clock);
  if (!view) {
    set_unreadable(item, view.error());
  } else {
    describe(item, view->chain.front());
    item.what = "endpoint";
    if (view->reason == pki::Reason::valid) {
      set_time_left(item, view->chain, run);
    } else {
      set_verdict(item, {view->reason, view->sentence, view->hint, 0, {}});
    }
  }
  run.report.items.push_back(std::move(item));
}

void check_target(const std::string& target, Run& run) {
  std::error_code ignored;
  if (is_url(target)) return check_endpoint(target, run);
  if (fs::is_directory(target, ignored)) return check_directory(target, run);
  check_file(target, target, Keys::report, run);
}

}  // namespace

std::string_view check_state_text(CheckState state) {
  return kStates[static_cast<std::size_t>(state)];
}

CheckState CheckReport::worst() const {
  CheckState worst = CheckState::fine;
  for (const CheckItem& item : items) worst = std::max(worst, item.state);
  return worst;
}

std::size_t CheckReport::count(CheckState state) const {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const CheckItem& item) { return item.state == state; }));
}

core::Result<CheckReport> check(const CheckOptions& options, const core::Clock& clock) {
  if (options.targets.empty())
    return core::fail(core::Code::usage, "nothing to check",
                      "name files, directories or URLs: wxsec certs check certs");
  auto trust = WXSEC_TRY(load_trust(options.ca, options.dir));
  Run run{options, clock.now(), clock, std::move(trust), {}};
  for (const std::string& target : options.targets) check_target(target, run);
  return std::move(run.report);
}

}  // namespace wxsec::certs
