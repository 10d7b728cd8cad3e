// Prints findings for people: one per line, with a mark.
import { type Paint, painter } from "../print/paint.ts";
import { wrap } from "../print/wrap.ts";
import type { Finding, Mark, UrlReport } from "./finding.ts";

/** How the report is drawn. */
interface Style {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const COLOURS = { ok: "green", note: "yellow", bad: "red" } as const satisfies Record<Mark, string>;
const MARK_COLUMNS = "note".length;
const CHECK_COLUMNS = "answers".length;

/** What was found at one URL. */
export function reportText({ url, service, requests, findings }: UrlReport, style: Style): string {
  const paint = painter(style.colour);
  const name = service === undefined ? "" : `  ${service}`;
  const sent = paint("dim", `  ${countText(requests)} sent`);
  return `${paint("bold", url)}${name}${sent}\n${findingsText(findings, style)}`;
}

/** Findings, wrapped beneath their own beginning. */
export function findingsText(findings: readonly Finding[], { colour, width }: Style): string {
  const paint = painter(colour);
  return findings.flatMap((finding) => findingLines(finding, paint, width)).join("\n");
}

function findingLines({ mark, check, text }: Finding, paint: Paint, width: number): string[] {
  const start = `  ${mark.padEnd(MARK_COLUMNS)}  ${check.padEnd(CHECK_COLUMNS)}  `;
  const [first = "", ...rest] = wrap(text, start, " ".repeat(start.length), width);
  return [first.replace(mark, paint(["bold", COLOURS[mark]], mark)), ...rest];
}

/** The last line. */
export function summaryText(reports: readonly UrlReport[], chain: readonly Finding[]): string {
  const findings = [...reports.flatMap((report) => report.findings), ...chain];
  const count = (mark: Mark): number => findings.filter((finding) => finding.mark === mark).length;
  const wrong = count("bad");
  const notes = count("note");
  const requests = reports.reduce((sum, report) => sum + report.requests, 0);
  const result = wrong === 0 ? "nothing is wrong" : `${wrong} bad`;
  const besides = notes === 0 ? "" : `, ${notes} to judge for yourself`;
  return `${result}${besides} (${countText(requests)})`;
}

function countText(requests: number): string {
  return `${requests} ${requests === 1 ? "request" : "requests"}`;
}
