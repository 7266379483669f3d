// Mosquitto's file is a list of options whose meaning depends on where they stand: those before the
// first `listener` line are global, or belong to a default listener that comes into being because
// of them; those after it belong to that listener. So the lines are first cut into such blocks, and
// each question is then asked of the block that it is about. Absence is a finding too: most holes
// are lines that are not there.
#include "src/broker/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/number.h"
#include "lib/net/endpoint.h"
#include "src/certs/place.h"
#include "src/report/catalogue.h"

namespace wxsec::broker {
namespace {

using core::Result;
using report::Finding;
using report::Severity;
namespace id = report::id;

constexpr std::size_t kMaxFile = 1U << 20;
constexpr std::uint16_t kDefaultPort = 1883;

// Before the first `listener` line each of these opens the default listener (2.0.11, measured).
constexpr std::array<std::string_view, 6> kOpensDefault = {
    "max_connections", "max_qos",      "use_username_as_clientid",
    "bind_interface",  "bind_address", "socket_domain"};

struct ListenerBlock {
  ConfLine line;  // `listener ...`
  std::uint16_t port = 0;
  std::string address;
  std::vector<ConfLine> options;
};

struct Blocks {
  std::vector<ConfLine> global;
  std::vector<ListenerBlock> listeners;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::string where(const ConfLine& line) {
  return fmt::format("{}:{}", line.file.string(), line.number);
}
std::string shown(const ConfLine& line) { return fmt::format("{} {}", line.name, line.value); }

const ConfLine* find(const std::vector<ConfLine>& lines, std::string_view name) {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const ConfLine& line) { return line.name == name; });
  return found == lines.end() ? nullptr : &*found;
}
bool is_true(const ConfLine* line) {
  return line != nullptr && (line->value == "true" || line->value == "1");
}

ListenerBlock listener_of(const ConfLine& line) {
  const std::string_view value = line.value;
  const std::size_t blank = std::min(value.find(' '), value.size());
  const auto port = core::parse_number<std::uint16_t>(value.substr(0, blank), 0, 65535);
  return {line, port.value_or(0), std::string(trimmed(value.substr(blank))), {}};
}

Blocks blocks_of(const std::vector<ConfLine>& conf) {
  Blocks blocks;
  for (const ConfLine& line : conf) {
    if (line.name == "listener") {
      blocks.listeners.push_back(listener_of(line));
    } else if (blocks.listeners.empty()) {
      blocks.global.push_back(line);
    } else {
      blocks.listeners.back().options.push_back(line);
    }
  }
  return blocks;
}

void check_default_listener(const Blocks& blocks, std::vector<Finding>& out) {
  for (const ConfLine& line : blocks.global) {
    if (std::find(kOpensDefault.begin(), kOpensDefault.end(), line.name) == kOpensDefault.end())
      continue;
    out.push_back(report::make_finding(
        id::kUnnoticedListener, where(line),
        {shown(line), fmt::format("stands before the first listener line, so port {} is opened too",
                                  kDefaultPort)}));
    return;
  }
}

void check_listener(const ListenerBlock& listener, std::vector<Finding>& out) {
  const bool local = net::is_loopback(listener.address) || listener.port == 0;  // 0: unix socket
  const auto has = [&](std::string_view name) { return find(listener.options, name) != nullptr; };
  const auto add = [&](std::string_view which, std::string evidence) -> Finding& {
    out.push_back(report::make_finding(which, where(listener.line),
                                       {shown(listener.line), std::move(evidence)}));
    return out.back();
  };
  if (!has("certfile") || !has("keyfile")) {
    Finding& plain = add(id::kPlainMqttServed, "no certfile and keyfile belong to it");
    if (local) plain.severity = Severity::low;
  } else if (!is_true(find(listener.options, "require_certificate"))) {
    add(id::kNoClientCertificate, "require_certificate is not true");
  } else if (!has("crlfile")) {
    add(id::kNoCrl, "no crlfile belongs to it");
  }
  const ConfLine* const protocol = find(listener.options, "protocol");
  if (protocol != nullptr && protocol->value == "websockets" && !listener.address.empty())
    add(id::kWebsocketEverywhere, shown(*protocol));
}

// Entries that are no hash: "name:" followed by anything but $6$ or $7$.
void check_passwords(const ConfLine& line, std::vector<Finding>& out) {
  const auto content = core::read_file(line.value, kMaxFile);
  if (!content) return;  // not ours to read: nothing can be said
  std::size_t plain = 0;
  for (const ConfLine& entry : parse_conf(*content, line.value)) {
    const std::string text = shown(entry);
    const std::size_t colon = text.find(':');
    const std::string_view hash =
        trimmed(std::string_view(text).substr(std::min(colon, text.size() - 1) + 1));
    if (colon != std::string::npos && !hash.starts_with("$6$") && !hash.starts_with("$7$")) ++plain;
  }
  if (plain > 0)
    out.push_back(report::make_finding(id::kPasswordFilePlain, line.value,
                                       {fmt::format("{} entries are not hashed", plain)}));
}

void check_everywhere(const std::vector<ConfLine>& conf, std::vector<Finding>& out) {
  for (const ConfLine& line : conf) {
    if (line.name == "allow_anonymous" && is_true(&line))
      out.push_back(report::make_finding(id::kAnonymousClients, where(line), {shown(line)}));
    if (line.name == "user" && line.value == "root")
      out.push_back(report::make_finding(id::kBrokerAsRoot, where(line), {shown(line)}));
    if (line.name == "password_file") check_passwords(line, out);
  }
  const std::string file = conf.empty() ? "the configuration" : conf.front().file.string();
  if (find(conf, "acl_file") == nullptr && find(conf, "plugin") == nullptr &&
      find(conf, "auth_plugin") == nullptr)
    out.push_back(report::make_finding(id::kNoAcl, file, {"there is no acl_file line"}));
  const bool sized = find(conf, "max_packet_size") || find(conf, "message_size_limit");
  if (!sized || find(conf, "memory_limit") == nullptr)
    out.push_back(report::make_finding(
        id::kNoLimits, file,
        {sized ? "there is no memory_limit line" : "there is no max_packet_size line"}));
}

void check_listening(const Blocks& blocks, const std::vector<Listener>& listening,
                     std::vector<Finding>& out) {
  for (const Listener& bound : listening) {
    const bool named =
        std::any_of(blocks.listeners.begin(), blocks.listeners.end(),
                    [&](const ListenerBlock& listener) { return listener.port == bound.port; });
    if (!named)
      out.push_back(report::make_finding(
          id::kUnnoticedListener, to_string(bound),
          {fmt::format("the kernel shows {}, no listener line names it", to_string(bound))}));
  }
}

// The certificate directory that it serves from, as one of its files shows.
std::optional<certs::Place> place_of(const std::vector<ConfLine>& conf) {
  for (const std::string_view name : {"cafile", "certfile", "crlfile"}) {
    const ConfLine* const line = find(conf, name);
    if (line == nullptr) continue;
    if (const auto place = certs::place_of(line->value)) return certs::Place{place->dir, {}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<ConfLine> parse_conf(std::string_view text, const core::Path& file) {
  std::vector<ConfLine> out;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
    out.push_back({file, number, std::string(line.substr(0, blank)),
                   std::string(trimmed(line.substr(blank)))});
  }
  return out;
}

Result<std::vector<ConfLine>> read_conf(const core::Path& file) {
  std::vector<ConfLine> out;
  const std::string text = WXSEC_TRY(core::read_file(file, kMaxFile));
  for (ConfLine& line : parse_conf(text, file)) {
    if (line.name != "include_dir") {
      out.push_back(std::move(line));
      continue;
    }
    const core::Path directory = line.value;
    for (const std::string& name : WXSEC_TRY(core::list_directory(directory))) {
      if (!name.ends_with(".conf")) continue;
      const std::string part = WXSEC_TRY(core::read_file(directory / name, kMaxFile));
      const auto lines = parse_conf(part, directory / name);
      out.insert(out.end(), lines.begin(), lines.end());
    }
  }
  return out;
}

std::vector<Finding> audit(const std::vector<ConfLine>& conf,
                           const std::optional<std::vector<Listener>>& listening) {
  const Blocks blocks = blocks_of(conf);
  std::vector<Finding> out;
  check_default_listener(blocks, out);
  for (const ListenerBlock& listener : blocks.listeners) check_listener(listener, out);
  check_everywhere(conf, out);
  if (listening) check_listening(blocks, *listening, out);
  // The catalogue's re-checks are for what was found on the wire; this was found in a file.
  const std::optional<certs::Place> place = place_of(conf);
  for (Finding& finding : out) {
    finding.remedy = certs::placed(finding.remedy, place);
    if (!conf.empty())
      finding.recheck = fmt::format("wxsec broker check --conf {}", conf.front().file.string());
  }
  return out;
}

}  // namespace wxsec::broker
