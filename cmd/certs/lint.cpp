#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/term/table.h"
#include "src/lint/lint.h"

namespace wxsec::cmd {
namespace {

using certs::LintLevel;
using nlohmann::ordered_json;

struct Words {
  std::vector<std::string> targets;
  std::string dir = "certs";
  bool public_limits = false;
  bool rules = false;
};

core::Result<certs::LintReport> run(const Words& words, const Context& context) {
  certs::LintOptions options;
  options.targets = words.targets;
  if (options.targets.empty()) options.targets.push_back(words.dir);
  if (words.public_limits) options.hold_to = certs::HoldTo::public_authority;
  return certs::lint(options, context.clock);
}

ordered_json to_json(const certs::LintRule& rule) {
  return {{"id", rule.id},         {"level", certs::lint_level_text(rule.level)},
          {"title", rule.title},   {"cause", rule.cause},
          {"remedy", rule.remedy}, {"source", rule.source}};
}

ordered_json to_json(const certs::LintReport& report) {
  ordered_json files = ordered_json::array();
  for (const certs::LintedFile& file : report.files) {
    ordered_json findings = ordered_json::array();
    for (const certs::LintFinding& finding : file.findings) {
      ordered_json one = to_json(*finding.rule);
      one["certificate"] = finding.index + 1;
      one["subject"] = finding.subject;
      one["evidence"] = finding.evidence;
      findings.push_back(std::move(one));
    }
    files.push_back({{"target", file.target}, {"findings", findings}});
  }
  ordered_json troubles = ordered_json::array();
  for (const core::Error& trouble : report.troubles) troubles.push_back(trouble.what);
  return {{"errors", report.count(LintLevel::error)},
          {"warnings", report.count(LintLevel::warning)},
          {"files", files},
          {"unreadable", troubles}};
}

std::string render(const certs::LintFinding& finding, const term::Style& style) {
  const certs::LintRule& rule = *finding.rule;
  const std::string level =
      rule.level == LintLevel::error ? style.bad("error") : style.doubt("warning");
  std::string text = fmt::format("  {}  {}: {}", level, style.bold(rule.id), rule.title);
  if (!finding.evidence.empty()) text += fmt::format(" ({})", finding.evidence);
  text += fmt::format("\n         cause:  {} [{}]\n         remedy: {}\n", rule.cause, rule.source,
                      rule.remedy);
  return text;
}

std::string render(const certs::LintReport& report, const term::Style& style) {
  std::string text;
  for (const certs::LintedFile& file : report.files) {
    if (file.findings.empty()) continue;
    text += style.bold(core::escape_terminal(file.target)) + "\n";
    for (const certs::LintFinding& finding : file.findings) text += render(finding, style);
    text += "\n";
  }
  return text + fmt::format("{} files, {} errors, {} warnings\n", report.files.size(),
                            report.count(LintLevel::error), report.count(LintLevel::warning));
}

std::string render_rules(const Context& context) {
  ordered_json all = ordered_json::array();
  term::Table table({"ID", "LEVEL", "WHAT", "SOURCE"});
  for (const certs::LintRule& rule : certs::lint_rules()) {
    all.push_back(to_json(rule));
    table.row({std::string(rule.id), std::string(certs::lint_level_text(rule.level)),
               std::string(rule.title), std::string(rule.source)});
  }
  return context.json ? json_text(all) : table.render(context.out);
}

Exit show(const certs::LintReport& report, const Context& context) {
  context.print(context.json ? json_text(to_json(report)) : render(report, context.out));
  for (const core::Error& trouble : report.troubles) context.error(trouble);
  if (!report.troubles.empty()) return Exit::environment;
  return report.count(LintLevel::error) + report.count(LintLevel::warning) > 0 ? Exit::findings
                                                                               : Exit::fine;
}

}  // namespace

void add_certs_lint(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "lint", "what standards forbid and strict verifiers refuse, each with cause and remedy");
  const auto words = std::make_shared<Words>();
  app->add_option("targets", words->targets,
                  "files or directories; default: the certificate directory")
      ->type_name("PATH");
  add_dir(*app, words->dir);
  app->add_flag("--public", words->public_limits,
                "hold them to the CA/B Forum's limits for public authorities");
  app->add_flag("--rules", words->rules, "the list of all rules, and nothing else");
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs lint", "wxsec certs lint certs/broker --public", "wxsec certs lint --rules"},
      "0 nothing found; 1 errors or warnings; 2 usage; 3 unreadable, or no certificate "
      "there");
  on_run(*app, context, [&context, words] {
    if (words->rules) {
      context.print(render_rules(context));
      return Exit::fine;
    }
    const auto report = run(*words, context);
    if (!report) return context.failed(report.error());
    return show(*report, context);
  });
}

}  // namespace wxsec::cmd
