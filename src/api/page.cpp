// HTML made on the server: a card for each station with its latest reading and the temperature of
// the last readings as a line. Everything that came from the network goes through escape_html.
#include "src/api/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "src/api/render.h"
#include "src/api/routes.h"

namespace wxsec::api {
namespace {

using core::escape_html;
using weather::Reading;

constexpr std::size_t kMaxCards = 200;
constexpr std::size_t kLineReadings = 60;
constexpr double kLineWidth = 240;
constexpr double kLineHeight = 44;

std::string_view compass(double degrees) {
  constexpr std::string_view kNames[] = {"N", "NE", "E", "SE", "S", "SW", "W", "NW"};
  return kNames[static_cast<std::size_t>((degrees + 22.5) / 45) % 8];
}

// The temperatures as an SVG line, oldest left; nothing where there are too few for one.
std::string temperature_line(std::span<const Reading> newest_first) {
  if (newest_first.size() < 2) return {};
  double least = 100;
  double most = -100;
  for (const Reading& reading : newest_first) {
    least = std::min(least, reading.temperature_c);
    most = std::max(most, reading.temperature_c);
  }
  const double span = std::max(most - least, 0.5);  // half a degree is not a mountain
  std::string points;
  const auto last = static_cast<double>(newest_first.size() - 1);
  for (std::size_t i = 0; i < newest_first.size(); ++i) {
    const double x = kLineWidth * (1 - static_cast<double>(i) / last);
    const double middle = (newest_first[i].temperature_c - (least + most) / 2) / span;
    fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", x,
                   kLineHeight * (0.5 - 0.8 * middle));
  }
  return fmt::format(
      "<svg class=\"line\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"temperature of the last {} readings, {:.1f} to {:.1f} degrees\">"
      "<polyline points=\"{}\"/></svg>",
      kLineWidth, kLineHeight, newest_first.size(), least, most, points);
}

std::string fact(std::string_view label, std::string_view value, std::string_view unit) {
  return fmt::format("<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>", label, value, unit);
}

std::string wind(const Reading& reading) {
  return fmt::format(
      "<div><dt>Wind</dt><dd><svg class=\"arrow\" viewBox=\"-10 -10 20 20\" aria-hidden=\"true\">"
      "<path transform=\"rotate({:.0f})\" d=\"M0 8 L-5 -7 L0 -4 L5 -7 Z\"/></svg>{:.1f} "
      "<small>m/s {}</small></dd></div>",
      reading.wind_direction_deg, reading.wind_speed_ms, compass(reading.wind_direction_deg));
}

std::string facts(const Reading& reading) {
  return "<dl>" + fact("Humidity", fmt::format("{:.0f}", reading.relative_humidity_pct), "%") +
         fact("Dew point", fmt::format("{:.1f}", reading.dew_point_c), "°C") +
         fact("Pressure", fmt::format("{:.1f}", reading.pressure_hpa), "hPa") + wind(reading) +
         fact("Gust", fmt::format("{:.1f}", reading.wind_gust_ms), "m/s") +
         fact("Rain", fmt::format("{:.1f}", reading.precipitation_mm), "mm/h") + "</dl>";
}

std::string_view state_name(const StationView& view) {
  if (!view.status) return "unknown";
  return view.status->online ? "online" : "offline";
}

std::string card_foot(const StationView& view) {
  const store::StationSummary& summary = *view.summary;
  const std::string time = core::rfc3339(summary.latest.time);
  const std::string missing = summary.missing == 0
                                  ? "none missing"
                                  : fmt::format("<strong>{} missing</strong>", summary.missing);
  return fmt::format(
      "<footer><time datetime=\"{0}\">{0}</time><span>{1} readings, {2}</span></footer>", time,
      summary.readings, missing);
}

std::string card(const StationView& view, World& world) {
  const std::string name = escape_html(view.station);
  const std::string head = fmt::format(
      "<article class=\"{0}\"><header><h2><a href=\"/api/v1/stations/{1}/readings?order=desc\">{1}"
      "</a></h2><span class=\"state\">{0}</span></header>",
      state_name(view), name);
  if (!view.summary) return head + "<p class=\"none\">No reading yet.</p></article>\n";
  const Reading& latest = view.summary->latest;
  const auto page = world.store.range(
      {.station = view.station, .order = store::Order::newest_first, .limit = kLineReadings});
  const std::string line = page ? temperature_line(page->readings) : "";
  return head +
         fmt::format("<p class=\"temperature\">{:.1f}<small>°C</small></p>", latest.temperature_c) +
         line + facts(latest) + card_foot(view) + "</article>\n";
}

// The lesson of this page: how did it get here?
std::string connection(const http::Sender& sender) {
  if (!sender.secure) {
    return "<p class=\"connection plain\"><b>Not encrypted.</b> Everybody between you and this "
           "server can read this page and change it.</p>\n";
  }
  std::string client;
  if (!sender.client_name.empty()) {
    client = fmt::format(" You are <code>{}</code>.", escape_html(sender.client_name));
  }
  // Whether the certificate was believed is decided in the browser; nothing of it arrives here.
  return fmt::format(
      "<p class=\"connection\"><b>Encrypted</b> with <code>{}</code>, <code>{}</code>. For whom, "
      "only your browser knows: if it let you in without a warning, it has checked this server's "
      "certificate; if you clicked a warning away, anybody may be reading along.{}</p>\n",
      escape_html(sender.protocol), escape_html(sender.cipher), client);
}

std::string trouble(World& world) {
  const BrokerState broker = world.live.broker();
  if (!broker.expected || broker.connected) return {};
  return fmt::format(
      "<p class=\"trouble\"><b>No connection to the broker:</b> {}. What you see may be old.</p>\n",
      escape_html(broker.problem.empty() ? "connecting" : broker.problem));
}

std::string cards(World& world) {
  auto summaries = world.store.stations();
  if (!summaries) return "<p class=\"trouble\"><b>The store does not answer.</b></p>\n";
  const auto views = join(std::move(*summaries), world.live.statuses());
  if (views.empty()) {
    return "<p class=\"empty\">No station has reported yet. Start some: <code>wxsec station run "
           "--count 3</code></p>\n";
  }
  std::string out = "<div class=\"cards\">\n";
  for (std::size_t i = 0; i < std::min(views.size(), kMaxCards); ++i) out += card(views[i], world);
  out += "</div>\n";
  if (views.size() > kMaxCards) {
    out += fmt::format("<p class=\"empty\">And {} more: <a href=\"/api/v1/stations\">all</a></p>\n",
                       views.size() - kMaxCards);
  }
  return out;
}

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Weather stations</title>\n"
    "<link rel=\"icon\" href=\"/page/icon.svg\" type=\"image/svg+xml\">\n"
    "<link rel=\"stylesheet\" href=\"/page/style.css\">\n"
    "<script src=\"/page/script.js\" defer></script>\n</head>\n<body>\n"
    "<header class=\"top\"><h1>Weather stations</h1><span id=\"live\" hidden>live</span></header>\n"
    "<main>\n";

constexpr std::string_view kFoot =
    "</main>\n<footer class=\"bottom\"><a href=\"/api/v1/stations\">stations</a> "
    "<a href=\"/api/v1/stations?format=csv\">CSV</a> <a href=\"/api/v1/stations?format=geojson\">"
    "GeoJSON</a> <a href=\"/api/v1/openapi.json\">OpenAPI</a> <a href=\"/metrics\">metrics</a> "
    "<a href=\"/readyz\">ready?</a></footer>\n</body>\n</html>\n";

}  // namespace

std::string page_main_html(const http::Sender& sender, World& world) {
  return connection(sender) + trouble(world) + cards(world);
}

std::string page_html(const http::Sender& sender, World& world) {
  return fmt::format("{}{}{}", kHead, page_main_html(sender, world), kFoot);
}

}  // namespace wxsec::api
