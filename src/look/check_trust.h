// Whom each target of a check is measured by. For check.cpp alone.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "src/look/check.h"
#include "src/look/check_file.h"

namespace wxsec::certs {

class Checkers {
 public:
  // Fails where what the user named to judge by cannot be read. `options` must live as long.
  static core::Result<Checkers> create(const CheckOptions& options, core::Instant now);

  // For what lies at `path`: by --ca, else by the directory that was given, else by the certificate
  // directory that it lies in; any of these makes a stranger broken. Else by the default directory,
  // which knows its own and says nothing of strangers. A trust that cannot be read is an item,
  // once.
  FileChecker& of(const core::Path& path, std::vector<CheckItem>& items);

 private:
  enum class Strangers { unknown, broken };
  struct Measure {
    core::Path trust;  // a file with --ca, else a directory
    core::Path lists;  // with --ca: a directory whose lists count, too, if it is of these roots
    Strangers strangers;

    auto operator<=>(const Measure&) const = default;
  };

  Checkers(const CheckOptions& options, core::Instant now) : options_(options), now_(now) {}
  Measure measure_of(const core::Path& path) const;
  Measure measure_beside(const core::Path& path);  // as of the file before it in the same folder
  Trust trust_of(const Measure& measure, std::vector<CheckItem>& items) const;
  Trust given_trust(const core::Path& lists, std::vector<CheckItem>& items) const;

  const CheckOptions& options_;
  core::Instant now_;
  Trust given_ = {};  // --ca
  std::map<Measure, FileChecker> known_ = {};
  std::optional<std::pair<core::Path, Measure>> last_ = {};  // a folder, and of the files in it
};

}  // namespace wxsec::certs
