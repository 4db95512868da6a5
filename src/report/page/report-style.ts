import { DARK } from "../../charts/layout/dark-theme.js";

const dark = Object.entries(DARK)
  .map(([name, color]) => `--rgb-${name}:${color}`)
  .join(";");

/** The style sheet of a report: one column, light and dark, wide tables in boxes that scroll, charts for wide and for narrow windows. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2026;--soft:#5b616d;--line:#d9dce2;--card:#f6f7f9;--warn:#fff6e0;--warn-line:#d79a00}
@media(prefers-color-scheme:dark){:root{--paper:#16181d;--ink:#e4e6eb;--soft:#a3a9b5;--line:#363b45;--card:#1e2128;--warn:#2c2414;--warn-line:#b98a1d;${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:76rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Arial,"Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.25rem;line-height:1.3;margin:2.75rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:.5rem 0}
.lead,.notes,dt{color:var(--soft)}
.notes{font-size:.82rem;margin:.5rem 0 1.5rem}
.notes p{margin:.2rem 0;max-width:48rem}
.warnings{background:var(--warn);border-left:4px solid var(--warn-line);padding:.75rem 1rem;margin:1.5rem 0;border-radius:0 6px 6px 0}
.warnings h2{border:0;margin:0 0 .25rem;padding:0;font-size:1rem}
.warnings ul{margin:.25rem 0;padding-left:1.2rem}
.compared{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem .25rem;margin:1.5rem 0}
.compared h2{border:0;margin:0 0 .25rem;padding:0}
.compared tbody th:first-child{font-weight:600}
.compared ul{margin:.25rem 0;padding-left:1.2rem;font-weight:600}
.wide{overflow-x:auto;margin:1rem 0 .5rem;border:1px solid var(--line);border-radius:6px}
.wide:focus-visible{outline:2px solid #4ba3e3;outline-offset:2px}
table{border-collapse:collapse;min-width:100%;font-size:.84rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{text-align:left;padding:.6rem .55rem;font-weight:600}
th,td{padding:.4rem .55rem;text-align:left;vertical-align:top;white-space:nowrap;border-top:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom;background:var(--card)}
tbody th{font-weight:400}
.long{white-space:normal;min-width:13rem;overflow-wrap:anywhere}
th.right,td.right{text-align:right}
strong{font-weight:700}
figure{margin:1rem 0 .5rem;border:1px solid var(--line);border-radius:6px}
figure svg{display:block;margin:0 auto;width:100%;max-width:760px;height:auto}
.narrow-chart{display:none}
@media screen and (max-width:640px){body{padding-inline:.75rem}.wide-chart{display:none}.narrow-chart{display:block}.narrow-chart svg{max-width:480px}}
.point-words circle{pointer-events:all}
.tip{visibility:hidden;pointer-events:none}
.tip rect{fill:var(--card);stroke:var(--soft);stroke-width:1}
.tip text{fill:var(--ink)}
.point-words:hover .tip{visibility:visible}
.values{margin-top:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0;font-size:.9rem}
dd{margin:0}
details{margin:.5rem 0;font-size:.9rem}
summary{cursor:pointer;color:var(--soft)}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.75rem;font-size:.8rem;line-height:1.45;overflow-wrap:normal}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media(max-width:40rem){.compared table{font-size:.76rem}.compared th,.compared td{white-space:normal;padding:.4rem .3rem}.compared .long{min-width:0}}
@media print{body{max-width:none}thead{display:table-header-group}tr{break-inside:avoid}.wide{overflow:visible;border:0}details>*{display:block}}
`;
