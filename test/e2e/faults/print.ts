// Everything the faults print; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import type { Sketch } from "../../support/services.ts";
import { aligned } from "../../support/table.ts";
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

/** `unavailable ECONNRESET unanswered`. */
export function textOfLeaf({ code, errorType, unanswered }: Sketch): string {
  return [code, errorType, unanswered && "unanswered"].filter((part) => typeof part === "string").join(" ");
}

/** The table, and how many requests failed. */
export function printReport(rows: readonly RowReport[]): void {
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
  const asked = rows.reduce((sum, row) => sum + row.asked, 0);
  print(`${asked} failing requests in ${rows.length} rows`);
}
