// Finding the page for what a person typed. The order matters: an exact topic, then a finding's id,
// then a known error anywhere in the pasted text. Nothing found is an error that names what is
// nearest, because "no such topic" alone sends people back to the search engine.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/shell_word.h"
#include "src/explain/errors.h"
#include "src/explain/explain.h"
#include "src/explain/pages.h"
#include "src/report/catalogue.h"
#include "src/report/wrap.h"

namespace wxsec::explain {
namespace {

constexpr std::size_t kColumns = 78;

const std::array<PageSource, 9>& pages() {
  static const std::array<PageSource, 9> all = {
      page_mqtt_risks(),   page_tls(),          page_https(),
      page_certificates(), page_interception(), page_intrusion(),
      page_renewal(),      page_lets_encrypt(), page_acme()};
  return all;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string paragraph(std::string_view text) {
  std::string out;
  for (const std::string& line : report::wrap(text, kColumns)) out += line + '\n';
  return out;
}

Page page_of(const PageSource& source) {
  return {std::string(source.name), std::string(source.title),
          std::string(source.text.substr(1))};  // the newline after R"page(
}

Page page_of(const report::Entry& entry) {
  const std::string text = fmt::format(
      "Severity: {}\n\n# Why it matters\n\n{}\n# What to change\n\n{}\n# Ask again\n\n    {}\n",
      report::severity_name(entry.severity), paragraph(entry.why), paragraph(entry.remedy),
      report::make_finding(entry.id, "TARGET", {}).recheck);
  return {std::string(entry.id), std::string(entry.title), text};
}

Page page_of(const KnownError& error) {
  const std::string text = fmt::format("Said by: {}\n\n# What happened\n\n{}\n# What to do\n\n{}",
                                       error.says, paragraph(error.cause), paragraph(error.remedy));
  return {std::string(error.name), std::string(error.title), text};
}

// Words that people try for a page that has another name.
std::string_view alias(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kAliases = {{
      {"mqtt", "mqtt-risks"},
      {"risks", "mqtt-risks"},
      {"ssl", "tls"},
      {"mtls", "tls"},
      {"handshake", "tls"},
      {"http", "https"},
      {"certs", "certificates"},
      {"certificate", "certificates"},
      {"ca", "certificates"},
      {"sniffing", "interception"},
      {"mitm", "interception"},
      {"attack", "intrusion"},
      {"renew", "renewal"},
      {"certbot", "lets-encrypt"},
      {"rate-limits", "acme"},
  }};
  for (const auto& [from, to] : kAliases) {
    if (from == word) return to;
  }
  return word;
}

const PageSource* find_page(std::string_view asked) {
  const std::string word = lower(asked);
  const std::string_view name = alias(word);
  const auto it = std::find_if(pages().begin(), pages().end(),
                               [name](const PageSource& page) { return page.name == name; });
  return it == pages().end() ? nullptr : &*it;
}

const KnownError* error_by_name(std::string_view asked) {
  const auto errors = known_errors();
  const auto it = std::find_if(errors.begin(), errors.end(),
                               [asked](const KnownError& error) { return error.name == asked; });
  return it == errors.end() ? nullptr : &*it;
}

std::string topic_list() {
  std::string out;
  for (const PageSource& page : pages()) out += (out.empty() ? "" : ", ") + std::string(page.name);
  return out;
}

}  // namespace

std::vector<TopicName> topics() {
  std::vector<TopicName> names;
  for (const PageSource& page : pages()) names.push_back({page.name, page.title});
  return names;
}

namespace {

core::Result<Page> find(std::string_view asked) {
  if (const PageSource* const page = find_page(asked)) return page_of(*page);
  if (const report::Entry* const entry = report::find_entry(upper(asked))) return page_of(*entry);
  if (const KnownError* const error = error_by_name(asked)) return page_of(*error);
  if (const KnownError* const error = find_error(asked)) return page_of(*error);
  if (const KnownError* const error = find_error_by_part(asked)) return page_of(*error);
  return core::fail(core::Code::usage, fmt::format("nothing is known about '{}'", asked),
                    fmt::format("topics: {}; or a finding (WX-MQTT-001), or an error message as it "
                                "was printed",
                                topic_list()));
}

// The texts know no directory; the reader is told once what stands for it.
void name_directory(Page& page) {
  if (!core::has_placeholder(page.text, "DIR")) return;
  page.text +=
      "\nDIR is your certificate directory: what you give as --dir or $WXSEC_DIR, else\n"
      "`certs`.\n";
}

}  // namespace

core::Result<Page> explain(std::string_view asked) {
  Page page = WXSEC_TRY(find(asked));
  name_directory(page);
  return page;
}

}  // namespace wxsec::explain
