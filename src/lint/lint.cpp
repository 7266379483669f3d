#include "src/lint/lint.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/pem.h"
#include "src/certs/beside.h"
#include "src/certs/check_tree.h"
#include "src/certs/layout.h"
#include "src/lint/lint_subject.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::size_t kShownEvidence = 120;

void add_unreadable(std::string_view evidence, std::vector<LintFinding>& findings) {
  LintFinding finding;
  finding.rule = find_lint_rule("unreadable");
  finding.evidence = core::escape_terminal(evidence.substr(0, kShownEvidence));
  findings.push_back(std::move(finding));
}

bool has_no_certificate(std::string_view text) {
  return is_key_alone(text) ||
         (pki::looks_like_pem(text) && text.find("CERTIFICATE-----") == std::string_view::npos);
}

void add_trouble(const core::Path& file, const core::Error& error, LintReport& report) {
  core::Error trouble = core::with_context(error, file.string());
  trouble.hint = core::fill_in(trouble.hint, "FILE", file.string());
  report.troubles.push_back(std::move(trouble));
}

void lint_file(const core::Path& file, bool is_named, const LintOptions& options, core::Instant now,
               LintReport& report) {
  const auto text = core::read_file(file, pki::kMaxCertificateFile);
  if (!text) return report.troubles.push_back(text.error());
  if (!is_named && has_no_certificate(*text)) return;  // keys and lists of a directory
  LintedFile out{file.string(), {}};
  auto chain = pki::parse_certificates(*text);
  if (!chain && chain.error().code != core::Code::malformed)  // text, a ledger: nothing to judge
    return add_trouble(file, chain.error(), report);
  if (chain) {
    add_chain_beside(file, *chain);
    out.findings = lint_chain(*chain, options.hold_to, now);
  } else {
    add_unreadable(chain.error().what, out.findings);
  }
  report.files.push_back(std::move(out));
}

void lint_target(const std::string& target, const LintOptions& options, core::Instant now,
                 LintReport& report) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(target, ignored))
    return lint_file(target, true, options, now, report);
  const Layout layout{core::Path(target)};
  if (const auto names = layout.identities(); names && !names->empty()) {
    for (const std::string& name : *names)
      lint_file(layout.current(name).cert, true, options, now, report);
    for (ClosedFolder& closed : closed_folders(layout))
      report.troubles.push_back(std::move(closed.error));
    return;
  }
  Tree tree = certificate_files_below(target);
  const std::size_t before = report.files.size();
  for (const core::Path& file : tree.files) lint_file(file, false, options, now, report);
  report.troubles.insert(report.troubles.end(), tree.troubles.begin(), tree.troubles.end());
  if (report.files.size() == before && tree.troubles.empty())
    report.troubles.push_back({core::Code::not_found,
                               fmt::format("there is no certificate in {}", target),
                               "files ending in .pem, .crt, .cer and .der are looked at"});
}

}  // namespace

bool has_item(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool LintSubject::is_authority() const {
  return certificate.is_ca || (index > 0 && has_item(certificate.key_usage, "keyCertSign"));
}

bool LintSubject::is_for_server() const {
  return certificate.extended_key_usage.empty() ||
         has_item(certificate.extended_key_usage, "serverAuth");
}

void LintSubject::add(std::string_view id, std::string_view evidence) const {
  LintFinding finding;
  finding.rule = find_lint_rule(id);
  finding.index = index;
  finding.subject = certificate.subject;
  finding.evidence = core::escape_terminal(evidence.substr(0, kShownEvidence));
  findings.push_back(std::move(finding));
}

std::vector<LintFinding> lint_chain(const std::vector<Certificate>& chain, HoldTo hold_to,
                                    core::Instant now) {
  std::vector<LintFinding> findings;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto raw = pki::read_raw_certificate(chain[i].der);
    if (!raw) {
      add_unreadable(fmt::format("certificate {} is not in DER", i + 1), findings);
      continue;
    }
    const LintSubject subject{chain[i], *raw, i, now, hold_to, findings};
    lint_fields(subject);
    lint_names(subject);
    lint_extensions(subject);
    lint_issuing(chain, subject);
  }
  return findings;
}

std::size_t LintReport::count(LintLevel level) const {
  std::size_t count = 0;
  for (const LintedFile& file : files)
    for (const LintFinding& finding : file.findings)
      count += finding.rule->level == level ? 1U : 0U;
  return count;
}

core::Result<LintReport> lint(const LintOptions& options, const core::Clock& clock) {
  if (options.targets.empty())
    return core::fail(core::Code::usage, "nothing to look at",
                      "name files or directories: wxsec certs lint certs");
  LintReport report;
  for (const std::string& target : options.targets)
    lint_target(target, options, clock.now(), report);
  return report;
}

}  // namespace wxsec::certs
