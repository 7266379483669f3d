#include "src/issue/init_profile.h"

#include <fmt/core.h>

namespace wxsec::certs {
namespace {

bool is_authority(std::string_view name) { return name == "root" || name == "issuing"; }

// What a profile of this name must say and does not; "" where nothing is lacking.
std::string_view lacking(const Profile& profile, std::string_view name) {
  if (is_authority(name)) return profile.ca ? "" : "ca = true";
  if (name == "server") return profile.server ? "" : "server = true";
  return profile.client ? "" : "client = true";
}

}  // namespace

core::Result<Profile> find_init_profile(const core::Path& dir, std::string_view name) {
  Profile profile = WXSEC_TRY(find_profile(dir, name));
  const auto refuse = [&](std::string why, const char* remedy) {
    const core::Path file = dir / "profiles" / (std::string(name) + ".toml");
    return core::fail(core::Code::usage, fmt::format("{}: {}", file.string(), why), remedy);
  };
  constexpr const char* kMend = "mend the file, or take it away for the built-in profile";
  if (const auto lacks = lacking(profile, name); !lacks.empty())
    return refuse(fmt::format("for what 'certs init' makes of '{}' it must say {}", name, lacks),
                  kMend);
  if (profile.fault != Fault::none)
    return refuse("'certs init' makes nothing that is wrong on purpose", kMend);
  if (name == "root" && profile.path_length == 0)
    return refuse("with path_length = 0 the root may have no issuing authority below it",
                  "leave path_length out, or let it be 1 or more");
  WXSEC_TRY(check_strong(profile.key));
  return profile;
}

}  // namespace wxsec::certs
