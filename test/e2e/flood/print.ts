// Everything the flood prints; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { Blocks } from "./block.ts";
import type { Judged } from "./judge.ts";
import type { Row } from "./rows.ts";

/** How the flood is used. */
export const USAGE = `Usage: npm run e2e:flood -- [options]

A gateway calls many services at one time, all of them fail, and each tells of many failures beneath. Its failing trace
must be in the receiver with root and cause, and each failure as a span or in error_tree.omitted. The longest time in
which the gateway's event loop stood still is printed, beside that of the gateway without the library, and the one with
most of our code, with its profile.

  --short     the rows that are quick
  --row TEXT  the rows with this in their title
  --help      print this

Exit code 1 when anything is not as it should be. Times are printed, not judged.
`;

/** A flood, and what came of it. */
export interface RowReport extends Judged {
  readonly row: Row;
  readonly on: Blocks;
  /** Without the library. */
  readonly off: Blocks;
}

/** The table, and the profiles. */
export function printReport(reports: readonly RowReport[]): void {
  print(
    aligned([
      [
        "flood",
        "failed",
        "spans",
        "told",
        "omitted",
        "",
        "longest block",
        "without us",
        "our block",
        "of it CPU",
        "in our code",
      ],
      ...reports.map(({ row, spans, told, omitted, problems, on, off }) => [
        row.title,
        count(1 + row.calls * row.nodes),
        count(spans),
        count(told),
        count(omitted),
        problems.length === 0 ? "ok" : "WRONG",
        ms(on.longest.ms),
        ms(off.longest.ms),
        ms(on.ours.ms),
        ms(on.ours.cpuMs),
        ms(on.ours.ourMs),
      ]),
    ]),
  );
  for (const { row, on } of reports) {
    print(`\n${row.title}: the block with most of our code, by the time spent in each function itself:`);
    for (const line of on.ours.profile) print(`${ms(line.ms).padStart(10)}  ${line.name}`);
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
