#include "src/revoke/rotation_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "lib/core/time.h"

namespace wxsec::certs {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxStateFile = 64 * 1024;
constexpr std::array<std::string_view, 6> kPhases{"publishing", "published", "reissuing",
                                                  "reissued",   "dropping",  "done"};

core::Failure broken(const Layout& layout) {
  return core::fail(core::Code::malformed,
                    fmt::format("{} is not a roll-over's state", rotation_file(layout).string()),
                    "put it back from a backup; the generations in root/ and issuing/ are intact");
}

// A generation's name becomes a path, so nothing else may stand there.
bool is_generation(const std::string& text) {
  return text.size() >= 4 && text.size() <= 6 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string text_of(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// None in the state of an older wxsec.
std::vector<std::string> texts_of(const ordered_json& json, const char* key) {
  std::vector<std::string> texts;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return texts;
  for (const ordered_json& item : *found)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

}  // namespace

std::string_view rotation_phase_text(RotationPhase phase) {
  return kPhases[static_cast<std::size_t>(phase)];
}

core::Path rotation_file(const Layout& layout) { return layout.dir() / "rotation.json"; }

core::Result<std::optional<RotationState>> load_rotation(const Layout& layout) {
  const auto text = core::read_file(rotation_file(layout), kMaxStateFile);
  if (!text && text.error().code == core::Code::not_found) return std::optional<RotationState>();
  if (!text) return core::fail(text.error());
  const auto json = ordered_json::parse(*text, nullptr, false);
  if (!json.is_object()) return broken(layout);
  const auto phase = std::find(kPhases.begin(), kPhases.end(), text_of(json, "phase"));
  const auto since = core::parse_rfc3339(text_of(json, "since"));
  if (phase == kPhases.end() || !since) return broken(layout);
  RotationState state{static_cast<RotationPhase>(phase - kPhases.begin()),
                      *since,
                      text_of(json, "old_root"),
                      text_of(json, "old_issuing"),
                      text_of(json, "new_root"),
                      text_of(json, "new_issuing"),
                      false,
                      texts_of(json, "untold")};
  const auto told = json.find("told");
  state.told = told != json.end() && told->is_boolean() && told->get<bool>();
  for (const std::string* name :
       {&state.old_root, &state.old_issuing, &state.new_root, &state.new_issuing})
    if (!is_generation(*name)) return broken(layout);
  return std::optional(std::move(state));
}

core::Result<void> save_rotation(const Layout& layout, const RotationState& state) {
  const ordered_json json{{"phase", rotation_phase_text(state.phase)},
                          {"since", core::rfc3339(state.since)},
                          {"old_root", state.old_root},
                          {"old_issuing", state.old_issuing},
                          {"new_root", state.new_root},
                          {"new_issuing", state.new_issuing},
                          {"told", state.told},
                          {"untold", state.untold}};
  return core::write_file_atomic(rotation_file(layout), json.dump(2) + "\n", {});
}

}  // namespace wxsec::certs
