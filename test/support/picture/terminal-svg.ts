// Draws what a terminal shows as SVG, light and dark.
import { xmlText } from "../../../src/draw/xml.ts";

const LINE = 18;
const CHARACTER = 7.23;
const MARGIN = 14;

/** Lines that name an error; those of frames are dim. */
const ERROR = /Error\b/;

/** A picture of the lines of a text. */
export function terminalSvg(printed: string): string {
  const lines = printed.split("\n");
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * CHARACTER) + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = lines.map((line, i) => {
    const y = MARGIN + (i + 0.75) * LINE;
    return `<text x="${MARGIN}" y="${y}" class="${ERROR.test(line) ? "error" : "rest"}">${xmlText(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xmlText(lines[0] ?? "")}</title>
<style>rect{fill:#f6f8fa;stroke:#d0d7de}text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}
.rest{fill:#57606a}.error{fill:#b42318;font-weight:600}
@media (prefers-color-scheme:dark){rect{fill:#161b22;stroke:#30363d}.rest{fill:#9aa4af}.error{fill:#ff8a7a}}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>
${texts.join("\n")}
</svg>
`;
}
