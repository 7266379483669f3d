// certbot keeps "renew_hook = LINE" in the section [renewalparams] of renewal/NAME.conf, written by
// ConfigObj: bare, or in one kind of quotes where it holds a comma or ends with a space. After a
// renewal it hands LINE to /bin/sh with two variables, and looks at nothing that comes back.
#include "src/acme/stored_hook.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "lib/core/shell_word.h"
#include "lib/pki/certificate.h"
#include "lib/proc/child.h"
#include "src/certs/layout.h"

namespace wxsec::acme {
namespace {

constexpr std::chrono::minutes kHookLimit{10};
constexpr std::size_t kMaxConf = 256 * 1024;
constexpr std::size_t kShownOutput = 600;
constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view unquoted(std::string_view text) {
  for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"})
    if (text.size() >= 2 * quote.size() && text.starts_with(quote) && text.ends_with(quote)) {
      const std::string_view inner = text.substr(quote.size(), text.size() - 2 * quote.size());
      // 'a' 'b' is a bare value that happens to begin and end alike.
      if (inner.find(quote) == std::string_view::npos) return inner;
    }
  return text;
}

// Quotes and backslashes as in POSIX 2.2; nothing is expanded.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool inside = false;
  char quote = 0;
  const auto put = [&](char c) {
    if (!inside) words.emplace_back();
    inside = true;
    words.back() += c;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && kBlank.find(c) != std::string_view::npos) {
      inside = false;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != '\'' && c == '\\' && i + 1 < line.size()) {
      put(line[++i]);
    } else {
      put(c);
    }
  }
  return words;
}

std::string domains_of(const core::Path& lineage) {
  std::string text;
  const auto chain = pki::load_certificates(certs::files_in(lineage).cert);
  if (!chain) return text;
  for (const pki::AlternativeName& name : chain->front().names)
    if (name.kind == pki::NameKind::dns) text += (text.empty() ? "" : " ") + name.value;
  return text;
}

}  // namespace

std::optional<std::string> renew_hook_in(std::string_view configuration) {
  bool in_section = false;
  while (!configuration.empty()) {
    const std::size_t end = std::min(configuration.find('\n'), configuration.size());
    const std::string_view row = trimmed(configuration.substr(0, end));
    configuration.remove_prefix(std::min(end + 1, configuration.size()));
    if (row.starts_with('[')) in_section = row == "[renewalparams]";
    const std::size_t equals = row.find('=');
    if (!in_section || equals == std::string_view::npos) continue;
    const std::string_view value = unquoted(trimmed(row.substr(equals + 1)));
    if (trimmed(row.substr(0, equals)) == "renew_hook" && !value.empty() && value != "None")
      return std::string(value);
  }
  return std::nullopt;
}

StoredHook parse_stored_hook(std::string line) {
  StoredHook hook;
  const std::vector<std::string> words = shell_words(line);
  hook.line = std::move(line);
  if (words.size() < 4 || words[1] != "certs" || words[2] != "acme" || words[3] != "hook")
    return hook;
  for (std::size_t i = 4; i < words.size(); ++i) {
    if (words[i] == "--dir" && i + 1 < words.size()) hook.dir = words[i + 1];
    if (words[i].starts_with("--dir=")) hook.dir = words[i].substr(6);
  }
  return hook;
}

core::Result<std::optional<StoredHook>> stored_hook(const core::Path& config,
                                                    const std::string& name) {
  const std::string text =
      WXSEC_TRY(core::read_file(config / "renewal" / (name + ".conf"), kMaxConf));
  auto line = renew_hook_in(text);
  if (!line) return std::optional<StoredHook>();
  return std::optional(parse_stored_hook(std::move(*line)));
}

core::Result<void> run_stored_hook(const StoredHook& hook, const core::Path& config,
                                   const std::string& name) {
  const core::Path lineage = config / "live" / name;
  proc::Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", hook.line};
  spec.environment = {{"RENEWED_LINEAGE", lineage.string()},
                      {"RENEWED_DOMAINS", domains_of(lineage)}};
  const auto output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kHookLimit)));
  if (output.ending.ok()) return {};
  return core::fail(
      core::Code::child_failed,
      fmt::format("its deploy hook failed with {}", proc::how_it_ended(output, kShownOutput)),
      fmt::format("run it by hand: RENEWED_LINEAGE={} {}", core::shell_word(lineage.string()),
                  hook.line));
}

}  // namespace wxsec::acme
