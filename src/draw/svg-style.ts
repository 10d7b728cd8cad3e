// Holds the style of a drawing, light and dark.

/** CSS for what {@link drawTree} draws. Colour is never the only sign. */
export const SVG_STYLE: string = `
.error-tree{--paper:#fff;--card:#f6f7f9;--ink:#1b1f24;--dim:#57606a;--line:#afb8c1;--bad:#b42318;--bad-card:#fff1ef;--good:#1a7f37;--focus:#0969da}
@media (prefers-color-scheme:dark){.error-tree{--paper:#0d1117;--card:#161b22;--ink:#e6edf3;--dim:#9aa4af;--line:#484f58;--bad:#ff8a7a;--bad-card:#2d1513;--good:#56d364;--focus:#58a6ff}}
.error-tree text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);white-space:pre}
.error-tree .paper{fill:var(--paper)}
.error-tree .card{fill:var(--card);stroke:var(--line)}
.error-tree .way .card{stroke:var(--bad)}
.error-tree .cause .card{fill:var(--bad-card);stroke-width:2}
.error-tree .edge{fill:none;stroke:var(--line);stroke-width:1.5}
.error-tree .edge.way{stroke:var(--bad);stroke-width:2}
.error-tree text.who{font-weight:600}
.error-tree text.marks,.error-tree text.note{fill:var(--dim)}
.error-tree text.sign,.error-tree text.badge{font-weight:700}
.error-tree .failed text.sign,.error-tree text.badge{fill:var(--bad)}
.error-tree .fine text.sign{fill:var(--good)}
.error-tree .pending text.sign{fill:var(--dim)}
.error-tree .node:focus{outline:none}
.error-tree .node:focus .card,.error-tree .node[aria-selected=true] .card{stroke:var(--focus);stroke-width:3}
`;
