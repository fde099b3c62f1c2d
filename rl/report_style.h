// The style sheet of report.html: light and dark, chosen by the reader's system.
#pragma once

#include <string_view>

namespace retrace::rl {

inline constexpr std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2430; --soft: #5c6675; --line: #dfe3e9; --good: #14763f; --bad: #b3261e;
  --axis: #8b94a3; --grid: #e8ebf0;
  --series-0: #2563c9; --series-1: #d9730d; --series-2: #16885a; --series-3: #b03a8c; --series-4: #7a5af0; --series-5: #7d7356;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e4e8ee; --soft: #9aa5b4; --line: #2c3542; --good: #5ecb8f; --bad: #ff8a80;
    --axis: #667181; --grid: #262e3a;
    --series-0: #6ea8ff; --series-1: #ffa657; --series-2: #56cf9b; --series-3: #ef86cf; --series-4: #b3a0ff; --series-5: #cbbf95;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 12px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0 0 8px; }
.soft { color: var(--soft); font-size: 13px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(175px, 1fr)); gap: 12px; margin-top: 20px; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 16px; }
.tile b { display: block; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 14px; }
.card { padding: 14px 16px; min-width: 0; }
.card svg { display: block; width: 100%; height: auto; margin-top: 8px; }
svg text { font-family: inherit; }
.tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); }
.axis { stroke: var(--axis); }
.level { stroke: var(--axis); stroke-dasharray: 2 4; }
.stage { stroke: var(--axis); stroke-dasharray: 1 3; }
.line, .faint, .dots { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.line { stroke-width: 2.2; }
.dots { stroke-width: 6; }
.faint { stroke-width: 1; opacity: 0.35; }
.legend { display: flex; flex-wrap: wrap; gap: 0 16px; margin-top: 8px; font-size: 12px; color: var(--soft); }
.legend i { display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle; }
.legend + svg { margin-top: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
.group { margin-bottom: 14px; }
.problem { color: var(--soft); margin: 6px 0 4px; }
.completion { border-top: 1px solid var(--line); padding-top: 10px; margin-top: 10px; }
.badges { display: flex; flex-wrap: wrap; gap: 4px 14px; margin-bottom: 4px; font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
.badges b { color: var(--text); }
.badges .up { color: var(--good); }
.badges .down { color: var(--bad); }
details { margin-bottom: 10px; }
summary { cursor: pointer; font-weight: 600; }
details pre { margin-top: 10px; }
)css";

}  // namespace retrace::rl
