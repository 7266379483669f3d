// One file of a check: certificates, a revocation list or a private key. For check.cpp alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "src/look/check.h"
#include "src/look/examine.h"

namespace wxsec::certs {

// Whether a private key that lies alone is an item: named by the user yes, found in a directory no.
enum class LoneKeys { report, skip };

class FileChecker {
 public:
  enum class Strangers {
    as_judged,
    ask_system,  // perhaps a public authority's, as ACME servers are: the machine's store decides
  };

  FileChecker(Trust trust, Strangers strangers, const Threshold& within, core::Instant now)
      : judge_(std::move(trust), now), strangers_(strangers), within_(within), now_(now) {}

  // Adds an item per certificate, list or key; `target` is what the report calls the file.
  void check(const core::Path& path, const std::string& target, LoneKeys keys,
             std::vector<CheckItem>& items);

 private:
  void check_certificates(const core::Path& path, const std::string& target, std::string_view text,
                          std::vector<CheckItem>& items);
  void check_chain(CheckItem& item, const std::vector<pki::Certificate>& chain);
  void check_collection(const std::string& target, const std::vector<pki::Certificate>& all,
                        std::vector<CheckItem>& items);
  void check_lists(const std::string& target, std::string_view text,
                   std::vector<CheckItem>& items) const;

  Judge::Judgement judgement(const std::vector<pki::Certificate>& chain, CheckItem& item);

  Judge judge_;
  Strangers strangers_;
  std::optional<Judge> system_;  // once it was asked
  Threshold within_;
  core::Instant now_;
};

}  // namespace wxsec::certs
