#include "src/certs/place.h"

#include "lib/core/shell_word.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"
#include "src/certs/successor.h"

namespace wxsec::certs {
namespace {

// "broker" of broker/current/cert.pem, "hill" of stations/hill/0001/cert.pem.
std::string identity_at(const core::Path& below) {
  auto part = below.begin();
  if (part != below.end() && (*part == "stations" || *part == "wrong")) ++part;
  if (part == below.end() || std::next(part) == below.end()) return {};
  return part->string();
}

// Who may not look into the authority's folder still sees that there is one.
bool is_certificate_directory(const core::Path& dir) {
  const Layout layout(dir);
  return core::path_exists(layout.ca()) && core::path_exists(dir / "issuing");
}

std::optional<core::Path> nearest_directory(const core::Path& path) {
  for (core::Path dir = path; !dir.empty(); dir = dir.parent_path()) {
    if (is_certificate_directory(dir)) return dir;
    if (dir == dir.root_path()) break;
  }
  return std::nullopt;
}

std::optional<Place> place_above(const core::Path& file) {
  for (core::Path dir = file.parent_path(); !dir.empty(); dir = dir.parent_path()) {
    if (resolve_current(Layout(dir).identity("issuing")))
      return Place{dir, identity_at(file.lexically_relative(dir))};
    if (dir == dir.root_path()) break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Place> place_of(const core::Path& file) {
  if (auto place = place_above(file)) return place;  // as it was given, where that says enough
  std::error_code error;
  const core::Path absolute = std::filesystem::absolute(file, error);
  if (error) return std::nullopt;
  return place_above(absolute);
}

std::optional<core::Path> trusted_dir_above(const core::Path& path) {
  if (auto dir = nearest_directory(path)) return dir;  // as it was given, where that says enough
  std::error_code error;
  const core::Path real =
      std::filesystem::canonical(path, error);  // behind links of other software
  return error ? std::nullopt : nearest_directory(real);
}

std::string placed(std::string_view hint, const std::optional<Place>& place) {
  std::string text(hint);
  if (place) {
    text = core::fill_in(text, "DIR", place->dir.string());
    if (!place->name.empty()) text = core::fill_in(text, "NAME", place->name);
    if (!place->name.empty() && core::has_placeholder(text, "PROFILE"))
      text = core::fill_in(text, "PROFILE", profile_name_of(Layout(place->dir), place->name));
  } else if (core::has_placeholder(text, "DIR")) {
    text += "; DIR is the certificate directory that it comes from";
  }
  return text;
}

core::Failure failure_in(core::Error error, const core::Path& dir) {
  error.hint = placed(error.hint, Place{dir, {}});
  return core::fail(std::move(error));
}

}  // namespace wxsec::certs
