// Pieces of a page. Everything that was seen on the network arrives here as text and leaves through
// Html(text), which escapes; markup() is for the literals in this folder and in the lab.
#include "src/report/html.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "src/report/html_style.h"

namespace wxsec::report {

Html::Html(std::string_view text) : markup_(core::escape_html(text)) {}

Html Html::markup(std::string_view trusted) {
  Html html;
  html.markup_ = trusted;
  return html;
}

Html& Html::operator+=(const Html& other) {
  markup_ += other.markup_;
  return *this;
}

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::held: return Tone::good;
    case Outcome::broken: return Tone::bad;
    case Outcome::inconclusive: return Tone::doubt;
  }
  return Tone::doubt;
}

Tone tone_of(Severity severity) {
  if (severity >= Severity::high) return Tone::bad;
  return severity == Severity::info ? Tone::plain : Tone::doubt;
}

namespace html {
namespace {

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::plain: return "plain";
    case Tone::good: return "good";
    case Tone::doubt: return "doubt";
    case Tone::bad: return "bad";
  }
  return "plain";
}

std::string_view sign(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::good: return "\u2713 ";
    case Tone::doubt: return "? ";
    case Tone::bad: return "\u2717 ";
  }
  return "";
}

Html wrap(std::string_view open, const Html& content, std::string_view close) {
  return Html::markup(open) + content + Html::markup(close);
}

constexpr std::size_t kPerLine = 16;

bool is_printable(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; }

// What is worth marking is a run of text. Of random bytes 37 in 100 are printable, so ciphertext
// has runs by chance: of six in two of five dumps of 256 bytes, of twelve in one of a thousand.
std::size_t shortest_run(core::ByteView bytes) {
  const auto printable = std::count_if(bytes.begin(), bytes.end(), is_printable);
  return static_cast<std::size_t>(printable) * 2 > bytes.size() ? 6 : 12;
}

std::vector<bool> readable_runs(core::ByteView bytes) {
  const std::size_t shortest = shortest_run(bytes);
  std::vector<bool> marked(bytes.size(), false);
  std::size_t run = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    run = is_printable(bytes[i]) ? run + 1 : 0;
    if (run < shortest) continue;
    for (std::size_t back = 0; back < shortest; ++back) marked[i - back] = true;
  }
  return marked;
}

// One byte in both columns: the hexadecimal one and the readable one. Marked runs share a <b>.
struct DumpLine {
  std::string hex;
  std::string text;
  bool in_run = false;

  void mark(bool readable) {
    if (readable == in_run) return;
    const std::string_view tag = readable ? "<b>" : "</b>";
    hex += tag;
    text += tag;
    in_run = readable;
  }
  void add(std::uint8_t byte, bool marked) {
    mark(marked);
    hex += fmt::format("{:02x} ", byte);
    const char c = is_printable(byte) ? static_cast<char>(byte) : '.';
    text += core::escape_html(std::string_view(&c, 1));
  }
};

std::string dump_line(core::ByteView bytes, const std::vector<bool>& marked, std::size_t from) {
  const std::size_t end = std::min(from + kPerLine, bytes.size());
  DumpLine line;
  for (std::size_t i = from; i < end; ++i) line.add(bytes[i], marked[i]);
  line.mark(false);
  const std::string gap(3 * (from + kPerLine - end), ' ');
  return fmt::format("<i>{:04x}</i>  {}{} {}\n", from, line.hex, gap, line.text);
}

}  // namespace

std::string page(std::string_view title, std::string_view subtitle, const Html& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>{0}</title>\n<style>{2}</style>\n</head>\n<body>\n<main>\n"
      "<header><h1>{0}</h1><p>{1}</p></header>\n{3}</main>\n</body>\n</html>\n",
      Html(title).str(), Html(subtitle).str(), kStyleSheet, body.str());
}

Html element(std::string_view tag, const Html& content) {
  return Html::markup(fmt::format("<{0}>{1}</{0}>", tag, content.str()));
}

Html paragraph(std::string_view text) { return element("p", Html(text)) + Html::markup("\n"); }

Html badge(std::string_view text, Tone tone) {
  return Html::markup(fmt::format("<span class=\"badge {}\">{}{}</span>", tone_class(tone),
                                  sign(tone), Html(text).str()));
}

Html code(std::string_view text) { return element("code", Html(text)); }

Html prose(std::string_view text) {
  Html out;
  while (true) {
    const std::size_t open = text.find('`');
    const std::size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return out + Html(text);
    out += Html(text.substr(0, open)) + code(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

Html command(std::string_view command_line) {
  return wrap("<pre class=\"command\">", Html(command_line), "</pre>\n");
}

Html list(const std::vector<std::string>& items) {
  Html out = Html::markup("<ul>\n");
  for (const std::string& item : items) out += wrap("<li>", Html(item), "</li>\n");
  return out + Html::markup("</ul>\n");
}

Html section(std::string_view id, std::string_view title, const Html& body) {
  return Html::markup(
             fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", Html(id).str(), Html(title).str())) +
         body + Html::markup("</section>\n");
}

Html card(Tone tone, const Html& body) {
  return Html::markup(fmt::format("<article class=\"card {}\">\n", tone_class(tone))) + body +
         Html::markup("</article>\n");
}

Html details(std::string_view summary, const Html& body) {
  // The content stands behind the element and not in it: no style sheet opens a closed <details> on
  // paper in every browser, but every one can show or hide what follows it.
  return wrap("<details><summary>", Html(summary), "</summary></details>\n<div class=\"folded\">") +
         body + Html::markup("</div>\n");
}

Html tiles(const std::vector<Tile>& tiles) {
  Html out = Html::markup("<div class=\"tiles\">\n");
  for (const Tile& tile : tiles) {
    out += Html::markup(
        fmt::format("<div class=\"tile {}\"><strong>{}</strong><span>{}</span></div>\n",
                    tone_class(tile.tone), Html(tile.value).str(), Html(tile.label).str()));
  }
  return out + Html::markup("</div>\n");
}

Html table(const std::vector<std::string>& header, const std::vector<std::vector<Html>>& rows) {
  Html out = Html::markup("<div class=\"scroll\"><table>\n<thead><tr>");
  for (const std::string& cell : header) out += wrap("<th scope=\"col\">", Html(cell), "</th>");
  out += Html::markup("</tr></thead>\n<tbody>\n");
  for (const std::vector<Html>& row : rows) {
    out += Html::markup("<tr>");
    for (std::size_t i = 0; i < header.size(); ++i)
      out += wrap(fmt::format("<td data-label=\"{}\">", Html(header[i]).str()),
                  i < row.size() ? row[i] : Html(), "</td>");
    out += Html::markup("</tr>\n");
  }
  return out + Html::markup("</tbody></table></div>\n");
}

Html hexdump(std::string_view caption, core::ByteView bytes, std::size_t max_bytes) {
  const core::ByteView shown = bytes.first(std::min(bytes.size(), max_bytes));
  const std::vector<bool> marked = readable_runs(shown);
  std::string lines;
  for (std::size_t at = 0; at < shown.size(); at += kPerLine) lines += dump_line(shown, marked, at);
  if (shown.size() < bytes.size())
    lines += fmt::format("<i>... {} more bytes</i>\n", bytes.size() - shown.size());
  return Html::markup(
      fmt::format("<figure class=\"dump\"><figcaption>{}</figcaption><pre>{}</pre></figure>\n",
                  Html(caption).str(), lines));
}

Html beside(const Html& left, const Html& right) {
  return Html::markup("<div class=\"beside\">\n") + left + right + Html::markup("</div>\n");
}

}  // namespace html
}  // namespace wxsec::report
