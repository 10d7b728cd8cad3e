// Holds the style of the page, light and dark.
import { SVG_STYLE } from "../../draw/svg-style.ts";

/** CSS of the page, with that of the drawing. */
export const PAGE_STYLE: string = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--dim:#57606a;--line:#d0d7de;--bad:#b42318;--warn:#8a5300}
@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--dim:#9aa4af;--line:#30363d;--bad:#ff8a7a;--warn:#e3b341}}
*{box-sizing:border-box}
body{margin:0;padding:20px;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,sans-serif}
main{max-width:1440px;margin:0 auto}
section{margin-bottom:40px}
h1{font-size:18px;margin:0 0 8px}
h1 .id{font-size:13px;font-weight:400;color:var(--dim);margin-left:10px;overflow-wrap:anywhere}
.failed{color:var(--bad)}
.rejected,.handled{color:var(--warn)}
.note{margin:0 0 8px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:0}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
dl.cause{margin-bottom:12px}
.columns{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
@media (min-width:1100px){.columns{grid-template-columns:minmax(0,2fr) minmax(280px,1fr)}.details{position:sticky;top:12px;align-self:start;max-height:calc(100vh - 24px);overflow:auto}}
.drawing{overflow-x:auto}
.drawing svg.error-tree{display:block;max-width:100%;min-width:640px;height:auto}
.node{cursor:pointer}
.detail{border:1px solid var(--line);border-radius:6px;padding:12px;margin-bottom:12px}
.scripted .detail{display:none}
.scripted .detail.shown{display:block}
pre{overflow-x:auto;margin:8px 0 0;font:12px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
footer{color:var(--dim);max-width:1440px;margin:0 auto}
kbd{border:1px solid var(--line);border-radius:4px;padding:0 4px}
${SVG_STYLE}`;
