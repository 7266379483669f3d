// wxsec sniff: what an eavesdropper sees.
#include <fmt/core.h>

#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/commands.h"
#include "cmd/options.h"
#include "src/sniff/present.h"

namespace wxsec::cmd {
namespace {

struct SniffOptions {
  sniff::SessionOptions session;
  std::vector<std::string> filter;
  std::optional<std::string> fail_on;
  std::string html;
  std::string file;
  std::string write_to;
  std::string key_log;
  bool summary = false;
  bool hexdump = false;
  bool records = false;
  std::uint64_t follow = 0;
  bool show_secrets = false;
};

// CLI11 takes -1 for a large number, and its own ranges are told with three hundred digits.
CLI::Validator from_one(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  const auto check = [most](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc() && read.ptr == end && value >= 1 && value <= most) return "";
    return fmt::format("{} is not a number from 1 on", text);
  };
  return CLI::Validator(check, "");
}

sniff::Format format_of(const SniffOptions& options, bool json) {
  if (options.summary) return json ? sniff::Format::summary_json : sniff::Format::summary;
  return json ? sniff::Format::json_lines : sniff::Format::lines;
}

// What is said in vain is better refused: somebody relies on it.
core::Result<void> check_together(const CLI::App& command, const SniffOptions& options) {
  const auto given = [&](const char* name) { return command.count(name) > 0; };
  for (const char* live : {"--snap-length", "--buffer-bytes", "--promiscuous"}) {
    if (!options.file.empty() && given(live))
      return core::fail(core::Code::usage,
                        fmt::format("{} is for a live capture, not for -r", live),
                        "leave it out, or capture with -i IFACE");
  }
  if (options.session.write_max_bytes != 0 && options.write_to.empty())
    return core::fail(core::Code::usage, "--write-max-bytes without -w has nothing to write",
                      "name the ring's files with -w FILE");
  if (options.session.write_max_files != 0 && options.session.write_max_bytes == 0)
    return core::fail(core::Code::usage, "--write-max-files needs the size of a file",
                      "add --write-max-bytes N, as in --write-max-bytes 100000000");
  if (options.write_to == "-" || options.html == "-")
    return core::fail(core::Code::usage, "standard output is for the messages",
                      "name a file with -w and --html");
  return {};
}

Exit run_sniff(const CLI::App& command, const SniffOptions& options, Context& context) {
  if (const auto checked = check_together(command, options); !checked)
    return context.failed(checked.error());
  sniff::PresentOptions present;
  present.session = options.session;
  present.session.file = options.file;
  present.session.write_to = options.write_to;
  present.session.key_log = options.key_log;
  present.session.privileges = sniff::Privileges::drop;
  for (const std::string& word : options.filter)
    present.session.filter += (present.session.filter.empty() ? "" : " ") + word;
  present.format = format_of(options, context.json);
  present.style = context.out;
  present.print.secrets = options.show_secrets ? sniff::Secrets::shown : sniff::Secrets::masked;
  present.print.hexdump = options.hexdump;
  present.print.every_record = options.records;
  present.print.whole = options.follow != 0;
  present.follow = options.follow;
  present.html = options.html;
  if (options.fail_on) {
    const auto level = report::parse_fail_on(*options.fail_on);
    if (!level) return context.failed(level.error());
    present.fail_on = *level;
  }
  if (options.show_secrets) context.warn("--show-secrets prints passwords as they are");
  const auto outcome = sniff::present(
      present, context.clock, [&](std::string_view text) { context.print(text); },
      [&](std::string_view text) { context.note(text); }, context.stop.token());
  if (!outcome) return context.failed(outcome.error());
  if (outcome->summary.cut_short) return context.failed(*outcome->summary.cut_short);
  return outcome->failed ? Exit::findings : Exit::fine;
}

}  // namespace

void add_sniff(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "sniff", "show what an eavesdropper learns from an interface or a capture file");
  const auto options = std::make_shared<SniffOptions>();
  sniff::SessionOptions& session = options->session;
  command->add_option("-i,--interface", session.interface, "capture live; 'any' for all")
      ->type_name("IFACE");
  command->add_option("-r,--read", options->file, "read a pcap or pcapng file; - for stdin")
      ->type_name("FILE");
  command
      ->add_option("-w,--write", options->write_to,
                   "keep the packets; .pcapng or pcap. Root without sudo gets a file of root's")
      ->type_name("FILE");
  command->add_option("--write-max-bytes", session.write_max_bytes, "go on in a next file after")
      ->type_name("N")
      ->check(from_one());
  command->add_option("--write-max-files", session.write_max_files, "then overwrite the oldest")
      ->type_name("N")
      ->check(from_one(std::numeric_limits<unsigned>::max()));
  command->add_option("--keylog", options->key_log, "TLS key log: decrypt what it opens")
      ->type_name("FILE");
  command->add_option("--snap-length", session.snap_length, "bytes kept of each packet")
      ->capture_default_str()
      ->check(CLI::Range(64, 262144));
  command->add_option("--buffer-bytes", session.buffer_bytes, "of the kernel's capture buffer")
      ->capture_default_str()
      ->check(CLI::Range(65536, 1 << 30));
  command->add_flag("--promiscuous", session.promiscuous, "also take packets for other hosts");
  command->add_option("-c,--count", session.max_packets, "stop after so many packets")
      ->type_name("N")
      ->check(from_one());
  add_json(*command, context);
  command->add_flag("--summary", options->summary, "tables at the end instead of lines");
  command->add_option("--html", options->html, "also write what was learned as a page")
      ->type_name("FILE");
  command
      ->add_option("--follow", options->follow,
                   "only the flow of this number, its messages in full")
      ->type_name("FLOW")
      ->check(from_one());
  command->add_flag("-x,--hexdump", options->hexdump, "show the bytes of each message");
  command->add_flag("--show-secrets", options->show_secrets, "print passwords unmasked");
  command
      ->add_option(
          "--fail-on", options->fail_on,
          "exit 1 on findings from this severity on: info, low, medium, high, critical; never")
      ->type_name("LEVEL");
  command->add_flag("--records", options->records, "every TLS record, not only those with data");
  command->add_option("filter", options->filter, "BPF filter, as in tcpdump")->type_name("FILTER");
  add_help_footer(*command,
                  {"wxsec sniff -i lo tcp port 1883   # needs CAP_NET_RAW: sudo, or the lab",
                   "wxsec sniff -r plain.pcap --summary",
                   "wxsec sniff -r plain.pcap --json | jq 'select(.type==\"connect\")'"},
                  "0 fine, 1 findings at --fail-on, 2 usage, 3 no permission, interface or file");
  on_run(*command, context,
         [command, options, &context] { return run_sniff(*command, *options, context); });
}

}  // namespace wxsec::cmd
