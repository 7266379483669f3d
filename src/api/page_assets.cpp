// The page's style sheet, script and icon as they are served.
#include "src/api/page.h"

namespace wxsec::api {

std::string_view page_style() {
  return R"css(:root {
  color-scheme: light dark;
  --paper: #f3f6f9; --card: #ffffff; --ink: #16222e; --quiet: #5a6b7b; --rule: #dfe6ec;
  --accent: #0b63a5; --good: #14713a; --good-paper: #e2f3e8; --bad: #a32014; --bad-paper: #fdeae7;
  --shadow: 0 1px 2px rgb(20 40 60 / 8%), 0 4px 14px rgb(20 40 60 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10171e; --card: #19232d; --ink: #e6edf3; --quiet: #9aabba; --rule: #2a3744;
    --accent: #6cb6f5; --good: #6fd397; --good-paper: #14301f; --bad: #ff9a8d; --bad-paper: #3a1a16;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 3rem; max-width: 84rem;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  background: var(--paper); color: var(--ink);
}
a { color: var(--accent); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
code { font: 0.875em ui-monospace, "DejaVu Sans Mono", monospace; }
.top { display: flex; align-items: center; gap: 1rem; }
h1 { font-size: 1.6rem; letter-spacing: -0.01em; margin: 0.25rem 0; }
#live { color: var(--good); font-size: 0.8rem; font-weight: 600; }
#live::before { content: "\25CF"; margin-right: 0.35em; }
.connection, .trouble {
  margin: 0.5rem 0 1.25rem; padding: 0.6rem 0.9rem; border-radius: 0.6rem; font-size: 0.92rem;
  background: var(--good-paper); overflow-wrap: anywhere;
}
.connection b { color: var(--good); }
.connection.plain, .trouble { background: var(--bad-paper); }
.connection.plain b, .trouble b { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: 1.1rem; }
article {
  background: var(--card); border: 1px solid var(--rule); border-radius: 0.9rem;
  padding: 1rem 1.15rem 0.8rem; box-shadow: var(--shadow);
}
article header { display: flex; justify-content: space-between; align-items: baseline; gap: 0.5rem; }
h2 { font-size: 1.02rem; margin: 0; overflow-wrap: anywhere; }
.state { font-size: 0.78rem; color: var(--quiet); white-space: nowrap; }
.state::before { content: "\25CB"; margin-right: 0.35em; }
.online .state { color: var(--good); }
.online .state::before { content: "\25CF"; }
.offline .state { color: var(--bad); }
.offline .temperature, .offline .line { opacity: 0.55; }
.temperature { font-size: 2.9rem; line-height: 1.1; font-weight: 300; margin: 0.35rem 0 0.2rem; }
.temperature small { font-size: 1.2rem; color: var(--quiet); margin-left: 0.15em; }
.line { display: block; width: 100%; height: 2.75rem; margin: 0.2rem 0 0.6rem; }
.line polyline {
  fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke;
  stroke-linejoin: round;
}
dl { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.55rem 0.75rem; margin: 0; }
dt { font-size: 0.74rem; color: var(--quiet); }
dd { margin: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }
dd small { color: var(--quiet); }
.arrow { width: 0.85em; height: 0.85em; margin-right: 0.3em; fill: var(--accent); }
article footer {
  display: flex; justify-content: space-between; gap: 0.75rem; flex-wrap: wrap; margin-top: 0.8rem;
  padding-top: 0.5rem; border-top: 1px solid var(--rule); font-size: 0.76rem; color: var(--quiet);
}
article footer strong { color: var(--bad); }
.none, .empty { color: var(--quiet); }
.bottom { margin-top: 2rem; font-size: 0.85rem; display: flex; gap: 1.1rem; flex-wrap: wrap; }
)css";
}

std::string_view page_script() {
  return R"js("use strict";
// Events only say that something is new; the server renders it, so nothing is rendered twice.
const main = document.querySelector("main");
const live = document.getElementById("live");
let due = 0;

function age(seconds) {
  if (seconds < 2) return "now";
  if (seconds < 120) return Math.round(seconds) + " s ago";
  if (seconds < 7200) return Math.round(seconds / 60) + " min ago";
  if (seconds < 172800) return Math.round(seconds / 3600) + " h ago";
  return Math.round(seconds / 86400) + " days ago";
}

function ages() {
  for (const time of main.querySelectorAll("time")) {
    time.textContent = age((Date.now() - Date.parse(time.dateTime)) / 1000);
    time.title = time.dateTime;
  }
}

async function refresh() {
  due = 0;
  try {
    const answer = await fetch("/page/main.html", { cache: "no-cache" });
    if (answer.ok) main.innerHTML = await answer.text();
  } catch (error) {
    live.hidden = true;
  }
  ages();
}

function soon() {
  if (due === 0) due = setTimeout(refresh, 1000);
}

const events = new EventSource("/api/v1/events");
events.addEventListener("reading", soon);
events.addEventListener("status", soon);
events.addEventListener("broker", soon);
events.onopen = () => { live.hidden = false; soon(); };
events.onerror = () => { live.hidden = true; };
setInterval(ages, 1000);
ages();
)js";
}

std::string_view page_icon() {
  return R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<circle cx="20" cy="12" r="6" fill="#f5b301"/>
<path d="M9 26a6 6 0 0 1 .6-12A8 8 0 0 1 25 17a4.6 4.6 0 0 1-1 9z" fill="#4f8fc9"/>
</svg>
)svg";
}

}  // namespace wxsec::api
