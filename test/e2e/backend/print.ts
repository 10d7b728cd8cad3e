// Everything that `npm run e2e` prints; in colour only on a terminal.
import { styleText } from "node:util";
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { AsInstalled } from "./as-installed.ts";
import type { Completeness } from "./completeness.ts";

/** How the program is used. */
export const USAGE = `Usage: npm run e2e -- [options]

Starts a real Collector (collector-config/single.yaml) and a Jaeger behind it, and services of the lab that export to
them; sends requests, and asks Jaeger over its v3 API what has come of them. Needs npm run tools, once.

  seed          the lab's three runs, limiters open: failing traces whole and in one piece, successful ones absent
  seven         the same for random requests to seven services
  as-installed  the same services with the limiters of the library: what is exported tells of all that failed
  round-trip    the tree that is built from Jaeger's answer is the one that came with the response
  pipelines     the tests that need real programs: all pipelines of collector-config/, the lab's --backend

  --requests NUMBER  random requests of a part (default: 500)
  --seed NUMBER      decides which requests these are, and which of them fail (default: 1)
  --only PARTS       these parts alone, separated by commas
  --help             print this

Exit code 1 when anything is not as it should be. Times are told and judge nothing.
`;

/** Goal for the time from the response until the trace can be asked for. */
const GOAL_MS = 2000;
/** One row a run or verdict, and how long it took until the traces were there. */
export function printCompleteness(title: string, { rows, visibleMs }: Completeness): void {
  print(styleText("bold", `── ${title}`));
  const lines = [
    ["", "requests", "to be there", "there", "spans", ""],
    ...rows.map(({ title: row, requests, expected, found, spans, problems }) => [
      row,
      ...[requests, expected, found, spans].map(String),
      problems.length === 0 ? "ok" : "WRONG",
    ]),
  ];
  print(aligned(lines));
  print(`${timesText(visibleMs)}\n`);
}

export function printAsInstalled(report: AsInstalled): void {
  const { requests, failed, exported, handled, summaries, represented, problems } = report;
  print(styleText("bold", "── seven services, limiters as installed"));
  print(
    aligned([
      ["", "failed", "traces", "summaries", "stand for", ""],
      [
        `${requests} requests`,
        ...[failed, exported, summaries, represented].map(String),
        problems.length === 0 ? "ok" : "WRONG",
      ],
    ]),
  );
  print(`and ${handled} traces of requests that failed further down alone\n`);
}

function timesText(ascending: readonly number[]): string {
  const at = (share: number): string => {
    const index = Math.min(ascending.length - 1, Math.floor(share * ascending.length));
    return `${Math.round(ascending[index] ?? 0)} ms`;
  };
  if (ascending.length === 0) return "no trace was there in time";
  const above = ascending.filter((ms) => ms > GOAL_MS).length;
  const goal = above === 0 ? "all within the goal" : `${above} above the goal`;
  return `from response to the whole trace in Jaeger: min ${at(0)}, median ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} (${goal} of ${GOAL_MS / 1000} s)`;
}
