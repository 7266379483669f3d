// What is wrong with an existing mosquitto.conf, whoever wrote it, and with what a running broker
// really listens on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/broker/listening.h"
#include "src/report/finding.h"

namespace wxsec::broker {

// One option as it stands in the file.
struct ConfLine {
  core::Path file;
  int number = 0;
  std::string name;
  std::string value;  // the rest of the line, trimmed; may be empty
};

// Options in the order in which Mosquitto reads them; comments and blank lines are left out.
std::vector<ConfLine> parse_conf(std::string_view text, const core::Path& file);

// The same of a file and of what its include_dir lines name (*.conf in order, one level deep).
// Fails: not_found, permission, io, too_large (1 MiB a file).
core::Result<std::vector<ConfLine>> read_conf(const core::Path& file);

// Findings in the order of the file; none means that nothing known is wrong. Password files that
// are named and can be read are looked into; passwords are never repeated. `listening` is what a
// running broker has bound (listeners_of), if that is to be compared.
std::vector<report::Finding> audit(const std::vector<ConfLine>& conf,
                                   const std::optional<std::vector<Listener>>& listening);

}  // namespace wxsec::broker
