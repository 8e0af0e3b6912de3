/**
 * The style sheet of the page: tokens as in the program's own windows, light and dark by what the reader's system asks
 * for, always light on paper. No fonts are brought along: the page must be one file without network.
 */
export const style = `
:root {
  color-scheme: light dark;
  --bg0: #e9ebee; --bg1: #ffffff; --bg2: #f7f8f9; --bg3: #eceef2; --surround: #d4d4d4;
  --line: #d9dce1; --line2: #a4aab4; --t1: #15171b; --t2: #434954; --t3: #5d6470;
  --accent: #1d57c9; --accent-soft: #e1eafc; --caution: #825400; --caution-soft: #faeecf;
  --ui: Inter, 'Segoe UI', system-ui, -apple-system, Roboto, sans-serif;
  --mono: 'JetBrains Mono', Consolas, 'DejaVu Sans Mono', monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --bg0: #0f1012; --bg1: #17181b; --bg2: #1e2024; --bg3: #282b31; --surround: #1c1c1c;
    --line: #2b2e34; --line2: #4a505a; --t1: #eceef1; --t2: #b4bac3; --t3: #8f97a3;
    --accent: #84adff; --accent-soft: #1d2a47; --caution: #e6b845; --caution-soft: #352a10;
  }
}
* { box-sizing: border-box; margin: 0; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { background: var(--bg0); color: var(--t1); font: 400 14px/20px var(--ui); font-variant-numeric: tabular-nums; }
main { max-width: 1088px; margin: 24px auto; padding: 40px 56px 32px; background: var(--bg1); border: 1px solid var(--line); border-radius: 8px; }
h1 { font-size: 28px; line-height: 34px; font-weight: 600; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 18px; line-height: 24px; font-weight: 600; letter-spacing: -0.01em; margin-bottom: 4px; }
h3 { font-size: 14px; line-height: 20px; font-weight: 600; margin: 20px 0 8px; }
h4 { font-size: 12px; line-height: 16px; font-weight: 600; color: var(--t2); margin: 12px 0 8px; }
p, dl, ul { max-width: 78ch; }
p + p { margin-top: 8px; }
section { margin-top: 32px; padding-top: 20px; border-top: 1px solid var(--line); }
a { color: var(--accent); }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.note { color: var(--t2); font-size: 12px; line-height: 17px; max-width: 104ch; }
.scroll + .note { margin-top: 10px; }
.note + .note { margin-top: 4px; }
code, pre { font-family: var(--mono); font-size: 12px; line-height: 18px; overflow-wrap: anywhere; }
pre { background: var(--bg2); border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; margin: 12px 0; white-space: pre-wrap; }
.top { display: flex; flex-wrap: wrap; justify-content: space-between; max-width: none; gap: 4px 24px; color: var(--t2); font-size: 12px; line-height: 16px; margin-bottom: 12px; }
.lead { color: var(--t2); margin-top: 4px; }
nav { margin-top: 20px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0; max-width: none; font-size: 12px; line-height: 24px; }

.short { border: 1.5px solid var(--t1); border-radius: 8px; padding: 16px 20px; margin-top: 20px; }
.short ul { list-style: none; padding: 0; max-width: none; }
.short li { display: grid; grid-template-columns: 132px minmax(0, 1fr); gap: 4px 16px; padding: 8px 0; border-top: 1px solid var(--line); }
.short li:first-child { border-top: 0; }
.short .finding { font-weight: 500; }
.tag { justify-self: start; align-self: start; font-size: 11px; line-height: 16px; font-weight: 600; padding: 2px 8px; border-radius: 4px; background: var(--bg3); color: var(--t2); white-space: nowrap; }
.tag.finding { background: var(--accent-soft); color: var(--accent); }
.tag.caution { background: var(--caution-soft); color: var(--caution); }

figure { margin: 0; }
figcaption { color: var(--t2); font-size: 12px; line-height: 17px; }
.setting { margin-top: 20px; break-inside: avoid; }
.setting h3 { margin: 0 0 4px; }
.rows { display: grid; grid-template-columns: minmax(96px, 200px) minmax(0, 2fr) minmax(0, 3fr); column-gap: 32px; align-items: start; }
.rows > div { min-width: 0; }
.head { color: var(--t3); font-size: 11px; line-height: 16px; padding-bottom: 4px; }
.name { font-weight: 500; line-height: 20px; padding-top: 6px; overflow-wrap: anywhere; }
.cell { padding: 4px 0 6px; }
.cell .label { display: none; }
.value { font-size: 12px; line-height: 16px; color: var(--t2); }
.value b { color: var(--t1); font-size: 14px; font-weight: 600; }
.verdict { max-width: none; margin-top: 6px; border-left: 4px solid var(--accent); padding: 8px 12px; border-radius: 6px; background: var(--accent-soft); font-size: 13px; line-height: 18px; }
.verdict b { color: var(--accent); }
svg { display: block; width: 100%; overflow: visible; }
.grid { stroke: var(--line); }
.base { stroke: var(--line2); }
.interval { stroke: var(--accent); stroke-width: 6; stroke-opacity: 0.45; }
.dot { fill: var(--t1); }
.share { stroke: var(--t1); stroke-width: 1.5; stroke-dasharray: 3 2; }
.mean { stroke: var(--accent); stroke-width: 2; }
.bar { fill: var(--line2); }
svg text { fill: var(--t3); font: 400 11px/16px var(--ui); }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 12px; color: var(--t2); font-size: 12px; line-height: 20px; list-style: none; padding: 0; max-width: none; }
.key svg { display: inline-block; width: 28px; height: 14px; vertical-align: -2px; margin-right: 6px; }

.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; line-height: 17px; }
caption { text-align: left; color: var(--t2); font-size: 12px; line-height: 17px; padding-bottom: 8px; }
th { text-align: left; font-weight: 500; }
thead th { color: var(--t2); font-size: 11px; line-height: 15px; font-weight: 600; border-bottom: 1px solid var(--t1); vertical-align: bottom; padding: 4px 12px 4px 0; }
tbody th, td { border-bottom: 1px solid var(--line); padding: 5px 12px 5px 0; vertical-align: top; }
tbody th, td.text { overflow-wrap: anywhere; min-width: 128px; }
td.why { min-width: 112px; }
th:last-child, td:last-child { padding-right: 0; }
th.n, td.n { text-align: right; white-space: nowrap; }
.group tr:first-child th { padding-top: 12px; font-weight: 600; border-bottom-color: var(--line2); }
td.strong { font-weight: 600; }
td.told { background: var(--accent-soft); font-weight: 600; padding-left: 8px; padding-right: 8px; }

.spread { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 216px), 1fr)); gap: 20px 28px; margin-top: 12px; }
.spread figure { break-inside: avoid; }
.ends { display: flex; justify-content: space-between; color: var(--t3); font-size: 11px; line-height: 16px; margin-bottom: 2px; }

.gallery { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 16px 12px; }
.gallery figure { break-inside: avoid; min-width: 0; }
.frame { position: relative; aspect-ratio: 4 / 3; background: var(--surround); border-radius: 4px; overflow: hidden; }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.gone { display: grid; place-items: center; border: 1.5px dashed var(--line2); background: none; color: var(--t2); font-size: 11px; line-height: 15px; text-align: center; padding: 8px; }
.gallery figcaption { font-size: 11px; line-height: 15px; margin-top: 6px; overflow-wrap: anywhere; }
.gallery figcaption b { color: var(--t1); font-size: 14px; line-height: 18px; }
.gallery .file { display: block; margin-top: 2px; color: var(--t3); }
.meter { margin: 4px 0 3px; }
.fill { stroke: var(--accent); stroke-width: 4; }
.ramp { display: inline-block; width: 72px; height: 10px; border-radius: 2px; vertical-align: -1px; margin: 0 6px; }

dl.facts { display: grid; grid-template-columns: minmax(112px, 176px) minmax(0, 1fr); gap: 4px 16px; margin-top: 8px; max-width: none; }
dl.facts dt { color: var(--t2); }
dl.facts dd { overflow-wrap: anywhere; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 8px 48px; }
.two > div { min-width: 0; break-inside: avoid; }
.formula { font-size: 18px; line-height: 28px; margin: 12px 0; }
.formula i { font-family: Cambria, 'Times New Roman', serif; }
.plain { padding-left: 20px; }
.plain li { margin-top: 6px; }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 24px; margin-top: 32px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--t2); font-size: 11px; line-height: 16px; }

@media (max-width: 860px) {
  main { margin: 0; border: 0; border-radius: 0; padding: 24px 16px; }
  .gallery { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .rows { grid-template-columns: minmax(0, 1fr); }
  .rows .head { display: none; }
  .rows .head.last { display: block; }
  .cell .label { display: inline; color: var(--t3); }
  .name { border-top: 1px solid var(--line); padding-top: 8px; }
  .short li { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 520px) {
  .gallery { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
}
@page { size: A4; margin: 15mm 14mm 16mm; }
@media print {
  body { background: #fff; font-size: 9.5pt; line-height: 13pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  nav { display: none; }
  section { margin-top: 14pt; padding-top: 9pt; }
  h1 { font-size: 20pt; line-height: 24pt; }
  h2, h3, h4, h2 + .note, h2 + .note + .note { break-after: avoid; }
  table { font-size: 8pt; line-height: 11pt; }
  thead th { font-size: 7.5pt; line-height: 10pt; }
  thead { display: table-header-group; }
  tr, .group, .short, .setting, .key, dl.facts, pre { break-inside: avoid; }
  .scroll { overflow: visible; }
  .rows { grid-template-columns: 120px minmax(0, 2fr) minmax(0, 3fr); column-gap: 20px; }
  .rows .head { display: block; }
  .cell .label { display: none; }
  .gallery { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 10px 8px; }
  .gallery figcaption { font-size: 7pt; line-height: 9pt; }
  .gallery figcaption b { font-size: 9pt; line-height: 11pt; }
  footer { margin-top: 12pt; break-before: avoid; }
  .short li { grid-template-columns: 104px minmax(0, 1fr); }
  th, td { padding-right: 8px; }
  p { orphans: 3; widows: 3; }
}
`
