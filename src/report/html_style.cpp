// One style sheet for every page that wxsec writes. Colours are defined once per scheme as
// variables (contrast at least 4.5:1 against their ground in both); paper gets the light ones,
// unfolded.
#include "src/report/html_style.h"

namespace wxsec::report {

const std::string_view kStyleSheet = R"css(
:root {
  --ground: #f6f7f9; --paper: #ffffff; --ink: #1c232b; --soft: #566170; --line: #dce1e7;
  --code: #eef1f5; --accent: #175cb8;
  --good: #116b3a; --good-bg: #e2f4e9; --doubt: #7d5200; --doubt-bg: #fdf1d6;
  --bad: #ab1e26; --bad-bg: #fde7e7; --seen: #ab1e26;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11161c; --paper: #1a2129; --ink: #e3e8ee; --soft: #9aa7b5; --line: #2e3844;
    --code: #121920; --accent: #7db4f5;
    --good: #6fd79b; --good-bg: #14301f; --doubt: #efc15c; --doubt-bg: #352a10;
    --bad: #ff8f8c; --bad-bg: #3d1a1c; --seen: #ff9d8f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.75rem; padding-bottom: 1.25rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 .35rem; }
header p { margin: 0; color: var(--soft); }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .9rem; letter-spacing: -0.01em; }
h3 { font-size: 1.05rem; margin: 0 0 .4rem; }
p { margin: .4rem 0 .8rem; max-width: 46rem; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace; }
code { background: var(--code); border-radius: 4px; padding: .1em .35em; font-size: .88em; overflow-wrap: anywhere; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem;
  overflow-x: auto; font-size: .82rem; line-height: 1.5; margin: .5rem 0 1rem; }
pre.command::before { content: "$ "; color: var(--soft); user-select: none; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin: 1.25rem 0; }
.tile { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: .85rem 1rem; }
.tile strong { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .88rem; }
.tile.good strong { color: var(--good); } .tile.doubt strong { color: var(--doubt); } .tile.bad strong { color: var(--bad); }
.card { background: var(--paper); border: 1px solid var(--line); border-left: 5px solid var(--line);
  border-radius: 8px; padding: 1rem 1.2rem; margin: .9rem 0; }
.card.good { border-left-color: var(--good); } .card.doubt { border-left-color: var(--doubt); } .card.bad { border-left-color: var(--bad); }
.card ul { margin: .3rem 0 .7rem; padding-left: 1.2rem; color: var(--soft); overflow-wrap: anywhere; }
.card dl { display: grid; grid-template-columns: 6rem 1fr; gap: .45rem 1rem; margin: .8rem 0 0; }
.card dt { color: var(--soft); } .card dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: 999px; padding: .08rem .65rem; font-size: .78rem; font-weight: 650;
  letter-spacing: .02em; background: var(--code); color: var(--soft); white-space: nowrap; }
.badge.good { background: var(--good-bg); color: var(--good); }
.badge.doubt { background: var(--doubt-bg); color: var(--doubt); }
.badge.bad { background: var(--bad-bg); color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; font-size: .93rem; }
tbody td:first-child { min-width: 11rem; }
th, td { text-align: left; vertical-align: top; padding: .6rem .85rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; font-size: .84rem; white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
.dump { margin: .6rem 0 1rem; min-width: 0; }
.dump figcaption { color: var(--soft); font-size: .86rem; margin-bottom: .25rem; }
.dump pre { margin: 0; font-size: .76rem; }
.dump i { font-style: normal; color: var(--soft); }
.dump b { color: var(--seen); font-weight: 650; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 0 1rem; }
.beside .dump pre { font-size: .72rem; padding: .7rem .8rem; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--accent); }
details:not([open]) + .folded { display: none; }
@media screen and (max-width: 44rem) {
  main { padding: 1.5rem .9rem 3rem; } .card { padding: .8rem .9rem; }
  .scroll table, .scroll tbody, .scroll tr, .scroll td { display: block; }
  .scroll thead { display: none; }
  .scroll td { border-bottom: 0; padding: .3rem .85rem; }
  .scroll tr { border-bottom: 1px solid var(--line); padding: .45rem 0; }
  .scroll td:first-child { font-weight: 600; min-width: 0; }
  .scroll td + td::before { content: attr(data-label); display: block; color: var(--soft); font-size: .8rem; }
  .badge { white-space: normal; border-radius: .8rem; }
}
@media print {
  details:not([open]) + .folded { display: block; }
  :root { --ground: #fff; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f4f4f4;
    --good: #0b5a2f; --good-bg: #fff; --doubt: #6b4600; --doubt-bg: #fff; --bad: #9b1219; --bad-bg: #fff; --seen: #9b1219; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .card, .tile, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; } .dump pre { font-size: 7.5pt; white-space: pre; }
  .badge { white-space: normal; } summary { list-style: none; color: var(--soft); } .badge { border: 1px solid currentColor; }
  .scroll { overflow: visible; }
}
)css";

}  // namespace wxsec::report
