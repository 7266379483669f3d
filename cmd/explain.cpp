// `wxsec explain [TOPIC]`.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/commands.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/term/table.h"
#include "src/explain/explain.h"

namespace wxsec::cmd {
namespace {

using Json = nlohmann::ordered_json;

void list_topics(const Context& context) {
  if (context.json) {
    Json list = Json::array();
    for (const auto& topic : explain::topics())
      list.push_back({{"name", topic.name}, {"title", topic.title}});
    context.print(json_text({{"topics", std::move(list)}}));
    return;
  }
  term::Table table({"topic", "question"});
  for (const auto& topic : explain::topics())
    table.row({context.out.cyan(topic.name), std::string(topic.title)});
  context.print(table.render(context.out) +
                "\nAlso: every finding (wxsec explain WX-MQTT-001), and error messages of "
                "mosquitto, Paho,\nOpenSSL and curl as they were printed (wxsec explain 'wrong "
                "version number').\n");
}

// Headings bold, commands in colour; the text is our own.
std::string styled(std::string_view text, const term::Style& style) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.substr(0, 2) == "# ") {
      out += style.bold(line.substr(2));
    } else if (line.substr(0, 4) == "    ") {
      out += style.cyan(line);
    } else {
      out += line;
    }
    out += '\n';
  }
  return out;
}

Exit show(const Context& context, const std::string& asked) {
  const auto page = explain::explain(asked);
  if (!page) return context.failed(page.error());
  if (context.json) {
    context.print(json_text({{"name", page->name}, {"title", page->title}, {"text", page->text}}));
  } else {
    context.print(fmt::format("{}\n\n{}", context.out.bold(page->name + ": " + page->title),
                              styled(page->text, context.out)));
  }
  return Exit::fine;
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("explain", "questions, findings and cryptic errors, explained");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("topic", *words, "a topic, a finding's id, or an error message")
      ->type_name("TOPIC");
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec explain", "wxsec explain mqtt-risks",
                   "wxsec explain 'error:0A000086:SSL routines::certificate verify failed'"},
                  "0 explained, 2 nothing known about that");
  on_run(*command, context, [&context, words] {
    std::string asked;
    for (const std::string& word : *words) asked += (asked.empty() ? "" : " ") + word;
    if (!asked.empty()) return show(context, asked);
    list_topics(context);
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
