#include "src/report/page.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"

namespace wxsec::report {
namespace {

using core::escape_html;

constexpr std::size_t kBytesShown = 256;
constexpr std::size_t kPerLine = 16;

// One style sheet for all pages. Colours are chosen for a contrast of at least 4.5 in both schemes.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1c2024;--soft:#5b6470;--line:#dfe3e8;--good:#116932;--goodbg:#e3f4e8;
--bad:#a3201d;--badbg:#fbe9e7;--doubt:#7a5200;--doubtbg:#fdf1d5;--accent:#1f5fa8;--code:#f2f4f6}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e6e9ec;--soft:#9aa4af;--line:#323940;--good:#6fd08c;--goodbg:#17331f;
--bad:#ff8f85;--badbg:#40201e;--doubt:#f0c060;--doubtbg:#3a2e12;--accent:#7fb5f0;--code:#23282d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.35rem;margin:2.6rem 0 .8rem;padding-top:.6rem;border-top:2px solid var(--line)}
h3{font-size:1.08rem;margin:0}
p{margin:.5rem 0}
a{color:var(--accent)}
.meta{color:var(--soft);font-size:.9rem}
.banner{border-radius:.7rem;padding:1rem 1.2rem;margin:1.2rem 0;font-size:1.15rem;font-weight:600}
.banner.good{background:var(--goodbg);color:var(--good)} .banner.bad{background:var(--badbg);color:var(--bad)} .banner.doubt{background:var(--doubtbg);color:var(--doubt)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:1rem 1.2rem;margin:1rem 0}
.card header{display:flex;gap:.8rem;align-items:baseline;justify-content:space-between;flex-wrap:wrap}
.badge{display:inline-block;border-radius:.35rem;padding:.05rem .5rem;font-size:.8rem;font-weight:700;letter-spacing:.02em;white-space:nowrap}
.good{color:var(--good)} .bad{color:var(--bad)} .doubt{color:var(--doubt)}
.badge.good{background:var(--goodbg)} .badge.bad{background:var(--badbg)} .badge.doubt{background:var(--doubtbg)} .badge.plain{background:var(--code);color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.92rem;background:var(--card)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.7rem;margin:1rem 0}
th,td{text-align:left;vertical-align:top;padding:.55rem .8rem;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
th{font-size:.82rem;color:var(--soft);text-transform:uppercase;letter-spacing:.04em}
td small{display:block;color:var(--soft);overflow-wrap:anywhere}
pre,code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.82rem}
pre{background:var(--code);border-radius:.5rem;padding:.7rem .9rem;overflow-x:auto;margin:.6rem 0;line-height:1.45}
ul{margin:.4rem 0;padding-left:1.2rem} li{margin:.15rem 0;overflow-wrap:anywhere}
ul.claims{list-style:none;padding:0} ul.claims>li{padding:.35rem 0;border-top:1px solid var(--line)} ul.claims>li:first-child{border-top:0}
.evidence{color:var(--soft);font-size:.86rem}
details{margin:.3rem 0} summary{cursor:pointer;color:var(--soft);font-size:.88rem}
figure{margin:.9rem 0} figcaption{font-size:.88rem;color:var(--soft);margin:.2rem 0}
mark{background:var(--badbg);color:var(--bad);border-radius:.2rem}
nav{display:flex;gap:1rem;flex-wrap:wrap;font-size:.92rem;margin:.6rem 0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem}
@media(max-width:40rem){.pair{grid-template-columns:1fr}main{padding:1rem .8rem 3rem}}
@media print{:root{--bg:#fff;--card:#fff;--code:#f6f6f6}body{font-size:10.5pt}main{max-width:none;padding:0}.card,figure,tr{break-inside:avoid}
details>*{display:block!important}nav{display:none}pre{white-space:pre-wrap}.pair{grid-template-columns:1fr}h2{break-after:avoid}}
)css";

bool readable(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; }

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::good: return "good";
    case Tone::bad: return "bad";
    case Tone::doubt: return "doubt";
    case Tone::plain: return "plain";
  }
  return "plain";
}

// Text worth marking is a run: single letters turn up in ciphertext by chance.
std::vector<bool> readable_runs(core::ByteView bytes) {
  constexpr std::size_t kRun = 6;
  std::vector<bool> marked(bytes.size(), false);
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = at;
    while (end < bytes.size() && readable(bytes[end])) ++end;
    if (end - at >= kRun)
      std::fill(marked.begin() + static_cast<std::ptrdiff_t>(at),
                marked.begin() + static_cast<std::ptrdiff_t>(end), true);
    at = end + 1;
  }
  return marked;
}

// `mark` elements around maximal runs of marked pieces.
class Marker {
 public:
  explicit Marker(std::string& out) : out_(out) {}
  void piece(std::string_view text, bool marked) {
    if (marked != open_) out_ += marked ? "<mark>" : "</mark>";
    open_ = marked;
    out_ += text;
  }
  void close() { piece("", false); }

 private:
  std::string& out_;
  bool open_ = false;
};

std::string dump_line(core::ByteView bytes, const std::vector<bool>& marked, std::size_t from) {
  const std::size_t end = std::min(from + kPerLine, bytes.size());
  std::string out = fmt::format("{:04x}  ", from);
  Marker hex(out);
  for (std::size_t i = from; i < end; ++i)
    hex.piece(fmt::format("{:02x}{}", bytes[i], i + 1 < end ? " " : ""), marked[i]);
  hex.close();
  out += std::string((from + kPerLine - end) * 3 + 2, ' ');
  Marker text(out);
  for (std::size_t i = from; i < end; ++i) {
    const char c = readable(bytes[i]) ? static_cast<char>(bytes[i]) : '.';
    text.piece(escape_html(std::string_view(&c, 1)), marked[i]);
  }
  text.close();
  return out + "\n";
}

}  // namespace

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</"
      "html>\n",
      escape_html(title), kStyle, body);
}

std::string badge(std::string_view text, Tone tone) {
  return fmt::format("<span class=\"badge {}\">{}</span>", tone_class(tone), escape_html(text));
}

std::string paragraph(std::string_view text) {
  return fmt::format("<p>{}</p>\n", escape_html(text));
}

std::string code_block(std::string_view text) {
  return fmt::format("<pre><code>{}</code></pre>\n", escape_html(text));
}

std::string bullet_list(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  std::string out = "<ul class=\"evidence\">\n";
  for (const std::string& text : texts) out += fmt::format("<li>{}</li>\n", escape_html(text));
  return out + "</ul>\n";
}

std::string hexdump_figure(std::string_view title, core::ByteView bytes, std::string_view note) {
  const core::ByteView shown = bytes.first(std::min(bytes.size(), kBytesShown));
  const auto marked = readable_runs(shown);
  std::string dump;
  for (std::size_t at = 0; at < shown.size(); at += kPerLine) dump += dump_line(shown, marked, at);
  if (shown.size() < bytes.size())
    dump += fmt::format("... {} more bytes\n", bytes.size() - shown.size());
  return fmt::format(
      "<figure><figcaption>{}</figcaption><pre>{}</pre><figcaption>{}</figcaption></figure>\n",
      escape_html(title), dump, escape_html(note));
}

std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const std::string& title : header)
    out += fmt::format("<th scope=\"col\">{}</th>", escape_html(title));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += fmt::format("<td>{}</td>", cell);
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table></div>\n";
}

std::string details(std::string_view summary, std::string_view body_html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escape_html(summary),
                     body_html);
}

}  // namespace wxsec::report
