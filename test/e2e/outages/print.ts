// Everything the outages print; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { OutageReport } from "./perform.ts";
import type { Found } from "./stored.ts";

/** How the program is used. */
export const USAGE = `Usage: npm run e2e:outages -- [options]

Three services in a line with the library, asked at an even pace; one request in five fails. They export to a real
Collector, behind which there is a real Jaeger on Badger. The limiter is open, and the queues of the services have room
for the outage. One program is away for a while, under load, and is started again:

  collector  the Collector is killed (SIGKILL)
  jaeger     Jaeger is stopped (SIGTERM)
  kafka      the broker between two Collectors is stopped (SIGTERM)

Then Jaeger is asked for every request that the client saw fail: all of its spans have to be there, each once, in one
piece, with the root cause on the root. Needs npm run tools.

  --only NAMES       of these outages, with commas between them
  --seconds SECONDS  how long the program is away (default: 60)
  --rate NUMBER      requests a second (default: 50)
  --help             print this

Exit code 1 when anything is not as it should be.
`;

/** The table, and what its columns mean. */
export function printReport(reports: readonly OutageReport[], seconds: number, queuedSpans: number): void {
  const lines = [
    [
      "outage",
      "requests",
      "failing",
      "in Jaeger",
      "missing",
      "incomplete",
      "twice",
      "broken",
      "caught up",
      "",
    ],
    ...reports.map((report) => {
      const { title, requests, found, caughtUpMs } = report;
      const count = (what: Found): number => found.filter((one) => one === what).length;
      return [
        title,
        ...[requests, found.length].map(String),
        ...(["whole", "missing", "incomplete", "twice", "broken"] as const).map((what) =>
          String(count(what)),
        ),
        caughtUpMs === undefined ? "never" : `${(caughtUpMs / 1000).toFixed(1)} s`,
        isWell(report) ? "ok" : "WRONG",
      ];
    }),
  ];
  print(aligned(lines));
  print(`
Away for ${seconds} s each. failing: as the client saw them; in Jaeger: whole. caught up: from when the program was up again
until all that had failed before was there. Room in each service: maxQueuedSpans ${queuedSpans}.
`);
}

/** What is wrong; one more for every outage that lost something. */
export function problemsOf(reports: readonly OutageReport[]): string[] {
  return reports.flatMap(({ title, found, problems }) => [
    ...problems.map((problem) => `${title}: ${problem}`),
    ...(found.every((one) => one === "whole") ? [] : [`${title}: not every failing trace is whole`]),
  ]);
}

function isWell({ found, problems }: OutageReport): boolean {
  return problems.length === 0 && found.every((one) => one === "whole");
}
