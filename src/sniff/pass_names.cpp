// Weather networks receive satellites, and smooth what they measure. At the end of a name a pass is
// a password, unless the word before it is a satellite's or a filter's. At the beginning it is one
// if no word behind it is theirs, for whose password it is may be any word. In the middle the word
// before or behind it has to say whose password it is, and so has one of two words behind it.
#include "src/sniff/pass_names.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "src/sniff/word_list.h"

namespace wxsec::sniff {
namespace {

// "next_pass", "high_pass", "by_pass".
constexpr std::array kNoPasswordBefore = std::to_array<std::string_view>(
    {"next",       "previous", "last",     "upcoming", "satellite", "sat",    "iss",   "noaa",
     "meteor",     "orbit",    "overhead", "visible",  "low",       "high",   "band",  "all",
     "by",         "qc",       "lp",       "hp",       "bp",        "radar",  "flyby", "ascending",
     "descending", "morning",  "evening",  "ground",   "check",     "checks", "tests"});
constexpr std::array kNoPasswordBehind = std::to_array<std::string_view>(
    {"start",       "starts",    "end",         "ends",       "begin",       "stop",
     "rise",        "aos",       "los",         "tca",        "elevation",   "elev",
     "el",          "azimuth",   "az",          "altitude",   "alt",         "direction",
     "dir",         "duration",  "distance",    "range",      "max",         "min",
     "mid",         "peak",      "culmination", "prediction", "predictions", "predicted",
     "quality",     "orbit",     "satellite",   "sat",        "iss",         "noaa",
     "meteor",      "frequency", "freq",        "doppler",    "track",       "visible",
     "visibility",  "magnitude", "brightness",  "azimuths",   "schedule",    "recording",
     "image",       "images",    "lat",         "lon",        "latitude",    "longitude",
     "filter",      "cutoff",    "band",        "gain",       "order",       "alpha",
     "coefficient", "fail",      "failed",      "fails",      "over",        "on",
     "off",         "by",        "through",     "up",         "ratio",       "percent",
     "percentage",  "fraction",  "yield",       "threshold",  "criteria",    "no",
     "num",         "nr",        "score",       "flag",       "test",        "qc",
     "check",       "checks",    "event",       "events",     "list",        "next",
     "info",        "summary",   "counter",     "seconds",    "day",         "night",
     "north",       "south",     "ascending",   "descending", "tle",         "catnr",
     "catalog",     "snr",       "audio",       "log",        "daylight",    "side",
     "mark",        "height",    "angle",       "plot",       "polar",       "solar",
     "sun",         "observer",  "utc",         "modulation", "speed"});
// "user_pass_ftp", "ftp_pass_main": whose password it is.
constexpr std::array kPasswordBehind = std::to_array<std::string_view>(
    {"wifi",    "wlan", "mqtt",   "ap",    "sta",   "ftp", "http", "web",    "admin", "user",
     "root",    "db",   "sql",    "smtp",  "mail",  "ota", "api",  "wu",     "wow",   "pws",
     "cwop",    "aprs", "rtsp",   "login", "proxy", "sha", "enc",  "guest",  "home",  "broker",
     "station", "net",  "backup", "vpn",   "ssh",   "smb", "nas",  "telnet", "influx"});

// "pass_home_assistant"; "pass_ground_station" is a satellite's.
bool says_whose(std::span<const std::string> behind) {
  if (behind.size() < 2) return true;
  return std::any_of(behind.begin(), behind.end(), [](const std::string& word) {
    return word != "station" && contains(kPasswordBehind, word);
  });
}

}  // namespace

bool is_password_pass(std::span<const std::string> words, std::size_t at) {
  if (at > 0 && contains(kNoPasswordBefore, words[at - 1])) return false;
  const auto behind = words.subspan(at + 1);
  constexpr std::size_t kMostBehind = 2;
  if (behind.empty()) return true;
  if (behind.size() > kMostBehind || !says_whose(behind)) return false;
  if (std::any_of(behind.begin(), behind.end(),
                  [](const std::string& word) { return contains(kNoPasswordBehind, word); }))
    return false;
  return at == 0 || contains(kPasswordBehind, words[at - 1]) ||
         contains(kPasswordBehind, behind.front());
}

}  // namespace wxsec::sniff
