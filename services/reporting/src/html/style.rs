//! The page's style: one accent colour, system fonts, tables.

pub const CSS: &str = "
:root { --paper: #fff; --ink: #1c1d1f; --muted: #63666b; --rule: #dcdee1; --soft: #f4f5f6; --accent: #0b6e4f; --band: #0b6e4f22; --bad: #a3341f; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181a; --ink: #e6e7e8; --muted: #9a9da2; --rule: #33363a; --soft: #1e2124; --accent: #4cc38a; --band: #4cc38a26; --bad: #ef7d63; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: .2rem 0 .6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--rule); }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .88em; }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-radius: 4px; line-height: 1.4; }
pre .add { color: var(--accent); } pre .del { color: var(--bad); } pre .hunk { color: var(--muted); }
a { color: inherit; text-decoration-color: var(--accent); }
.where, footer, .note, .tick, caption { color: var(--muted); }
.lead { font-size: 1.1rem; } .lead strong { color: var(--accent); }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
caption { text-align: left; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--rule); font-weight: normal; overflow-wrap: anywhere; }
thead th { color: var(--muted); font-size: .85em; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.verdict { white-space: nowrap; } .bar { width: 30%; } .bar svg { width: 100%; height: 8px; } .fill { fill: var(--accent); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
.summary td:nth-child(1), .refused td:nth-child(1) { width: 30%; } .summary td:nth-child(4) { width: 24%; }
.charts figure { max-width: 34rem; }
figure { margin: .6rem 0; } figcaption { color: var(--muted); font-size: .9em; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 11px system-ui, sans-serif; fill: var(--muted); }
.grid { stroke: var(--rule); } .one { stroke: var(--ink); } .threshold { stroke: var(--muted); stroke-dasharray: 4 3; }
.band { fill: var(--band); } .dot { fill: var(--accent); } .dot.muted { fill: var(--muted); }
path.before { fill: none; stroke: var(--muted); stroke-width: 1.5; } path.after { fill: none; stroke: var(--accent); stroke-width: 2; }
.flame-call { fill: var(--soft); stroke: var(--rule); } .flame-target { fill: var(--accent); } svg .flame-name { fill: var(--ink); } svg .flame-target + .flame-name { fill: var(--paper); }
details > summary { cursor: pointer; color: var(--muted); margin: .6rem 0; }
.refusal { color: var(--bad); }
@media (max-width: 44rem) {
  table, tbody, tr, td, th[scope] { display: block; } thead { display: none; }
  td, th { border: 0; padding: .1rem 0; } tr { border-bottom: 1px solid var(--rule); padding: .4rem 0; }
  td.number { display: inline-block; text-align: left; margin-right: 1rem; } .summary td:nth-child(n), .refused td:nth-child(n) { width: auto; } .bar { width: 100%; }
}
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
";
