// Everything the faults print; in colour only on a terminal.
import { styleText } from "node:util";
import { aligned } from "../../bench/table.ts";
import type { Sketch } from "../../support/services.ts";
import type { RowReport } from "./exporter-rows.ts";

/** How the faults are used. */
export const USAGE = `Usage: npm run e2e:faults -- [options]

Starts edge and orders, each a process of its own, once with the library and once with it switched off. Orders calls
somebody with whom something is wrong; or the OTLP receiver is in trouble while the two go on failing. In each row the
tree of the entry must be the one that is written down, every failing tree must be in the receiver in the end, once,
and answers and log must be those of the same row without the library.

  --outage SECONDS  how long the exporter is down (default: 30, at least 9); its other troubles last a third of it
  --help            print this

Exit code 1 when anything is not as it should be.
`;

const { stderr } = process;
/** Of one row. */
const PROBLEMS_SHOWN = 3;

/** One line of progress on standard error. */
export function printProgress(line: string): void {
  stderr.write(`${styleText("dim", line, { stream: stderr })}\n`);
}

export function printProblem(problem: string): void {
  stderr.write(`${styleText("red", `faults: ${problem}`, { stream: stderr })}\n`);
}

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** `unavailable ECONNRESET unanswered`. */
export function textOfLeaf({ code, errorType, unanswered }: Sketch): string {
  return [code, errorType, unanswered && "unanswered"].filter((part) => typeof part === "string").join(" ");
}

/** The table, what is wrong, and the line that counts it; returns how much is wrong. */
export function printReport(rows: readonly RowReport[], others: readonly string[], seconds: number): number {
  const lines = [
    ["fault", "expected beneath edge and orders", "failing", "in the receiver", "", ""],
    ...rows.map(({ title, expected, asked, there, note, problems }) => [
      title,
      expected,
      String(asked),
      String(there),
      problems.length === 0 ? "ok" : "WRONG",
      note,
    ]),
  ];
  print(aligned(lines));
  print(`
Each row: trees as expected; in the receiver whole and once; answers and log as with the library switched off.
garbled: the stock OTLP exporter takes a 200 for success whatever its body says, and so do we: the receiver has the spans.
`);
  for (const { title, problems } of rows) {
    for (const problem of problems.slice(0, PROBLEMS_SHOWN)) printProblem(`${title}: ${problem}`);
    const more = problems.length - PROBLEMS_SHOWN;
    if (more > 0) printProblem(`${title}: and ${more} more`);
  }
  for (const problem of others) printProblem(problem);
  const wrong = rows.reduce((sum, { problems }) => sum + problems.length, others.length);
  const asked = rows.reduce((sum, row) => sum + row.asked, 0);
  const line = `${asked} failing requests in ${rows.length} rows, ${wrong === 0 ? "all as it should be" : `${wrong} things wrong`}`;
  print(`${styleText(["bold", wrong === 0 ? "green" : "red"], line)} (${seconds.toFixed(0)} s)`);
  return wrong;
}
