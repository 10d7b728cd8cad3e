// Everything the flood prints; in colour only on a terminal.
import { styleText } from "node:util";
import { aligned } from "../../bench/table.ts";
import type { Block } from "./block.ts";
import type { Judged } from "./judge.ts";
import type { Row } from "./rows.ts";

/** How the flood is used. */
export const USAGE = `Usage: npm run e2e:flood -- [options]

A gateway calls many services at one time, all of them fail, and each tells of many failures beneath. Its failing trace
must be in the receiver with root and cause, and each failure as a span or in error_tree.omitted. The longest time in
which the gateway's event loop stood still is printed with its profile, beside that of the gateway without the library.

  --short     the rows that are quick
  --row TEXT  the rows with this in their title
  --help      print this

Exit code 1 when anything is not as it should be. Times are printed, not judged.
`;

/** A flood, and what came of it. */
export interface RowReport extends Judged {
  readonly row: Row;
  readonly on: Block;
  /** Without the library. */
  readonly off: Block;
}

const { stderr } = process;

/** One line of progress on standard error. */
export function printProgress(line: string): void {
  stderr.write(`${styleText("dim", line, { stream: stderr })}\n`);
}

export function printProblem(problem: string): void {
  stderr.write(`${styleText("red", `flood: ${problem}`, { stream: stderr })}\n`);
}

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** The table, the profiles, and what is wrong; returns how much that is. */
export function printReport(reports: readonly RowReport[], seconds: number): number {
  print(
    aligned([
      ["flood", "failed", "spans", "told", "omitted", "", "longest block", "of it CPU", "without us"],
      ...reports.map(({ row, spans, told, omitted, problems, on, off }) => [
        row.title,
        count(1 + row.calls * row.nodes),
        count(spans),
        count(told),
        count(omitted),
        problems.length === 0 ? "ok" : "WRONG",
        ms(on.ms),
        ms(on.cpuMs),
        ms(off.ms),
      ]),
    ]),
  );
  for (const { row, on } of reports) {
    print(`\nThe longest block of ${row.title}, by the time spent in each function itself:`);
    for (const line of on.profile) print(`${ms(line.ms).padStart(10)}  ${line.name}`);
  }
  print();
  let wrong = 0;
  for (const { row, problems } of reports) {
    for (const problem of problems) printProblem(`${row.title}: ${problem}`);
    wrong += problems.length;
  }
  const line = `${reports.length} floods, ${wrong === 0 ? "all as it should be" : `${wrong} things wrong`}`;
  print(`${styleText(["bold", wrong === 0 ? "green" : "red"], line)} (${seconds.toFixed(0)} s)`);
  return wrong;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
