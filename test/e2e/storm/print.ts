// Everything the storm prints; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { ArrivedSpan } from "./arrivals.ts";
import { EXPORT_DELAY_MS, type KindReport, PROMPT_MS } from "./kinds-judge.ts";
import type { LoadReport } from "./load.ts";
import { SCRIPTS } from "./scripts.ts";
import type { ServiceReport } from "./services-judge.ts";
import { LIMITS } from "./stage.ts";
import type { TraceReport } from "./traces.ts";

/** How the storm is used. */
export const USAGE = `Usage: npm run e2e:storm -- [options]

Starts seven services, each a process of its own, and asks their entry at an even pace. Half of the requests fail, in
twenty ways: nine of them from the start, another one every twelfth of the time. Then all services are stopped in
order, and what came to the OTLP receiver is compared with what the client, the services and the library counted.

  --seconds SECONDS  how long it blows (default: 60, at least 6)
  --rate NUMBER      requests a second (default: 200); what the machine cannot keep up with is left out and counted
  --sampled PERCENT  head-sampled traces (default: 1)
  --help             print this

Exit code 1 when anything is not as it should be.
`;

/** What came of the storm. */
export interface StormReport {
  readonly load: LoadReport;
  readonly kinds: readonly KindReport[];
  readonly services: readonly ServiceReport[];
  readonly traces: readonly TraceReport[];
  readonly spans: readonly ArrivedSpan[];
  /** What is wrong with requests that do not fail. */
  readonly others: readonly string[];
}

/** The tables, and how much there was. */
export function printReport(report: StormReport): void {
  const { load, kinds, services, traces, spans } = report;
  printKinds(kinds);
  printServices(services);
  const { answered, seconds, perSecond, left } = load;
  const leftOut = left === 0 ? "" : `, ${left} left out, for the services could not keep up`;
  print(`${answered.length} requests in ${seconds.toFixed(1)} s: ${Math.round(perSecond)}/s${leftOut}`);
  const apart = (key: "detached" | "unanswered"): number =>
    traces.reduce((sum, trace) => sum + trace[key], 0);
  const rooted = traces.filter(({ root }) => root !== undefined).length;
  const broken = traces.filter((trace) => trace.problems.length > 0).length;
  print(
    `${rooted} traces with ${spans.length} spans in the receiver, ${broken} of them broken; apart from their callers, ` +
      `for no answer told of them: ${apart("detached")} detached, ${apart("unanswered")} unanswered or late`,
  );
}

/** Everything that is wrong. */
export function problemsOf({ load, kinds, services, traces, others }: StormReport): string[] {
  const scripts = new Map(load.answered.map(({ traceId, script }) => [traceId, SCRIPTS[script]?.title]));
  const titleOf = (traceId: string): string => scripts.get(traceId) ?? "of no request";
  return [
    ...load.broken.map((broken) => `no answer of the entry: ${broken}`),
    ...kinds.flatMap(({ title, problems }) => problems.map((problem) => `${title}: ${problem}`)),
    ...services.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
    ...traces.flatMap(({ problems, traceId }) =>
      problems.map((problem) => `trace ${traceId}, ${titleOf(traceId)}: ${problem}`),
    ),
    ...others,
  ];
}

function printKinds(kinds: readonly KindReport[]): void {
  const lines = [
    ["kind of failure", "requests", "exported", "first after", ""],
    ...kinds.map(({ title, requests, exported, delayMs, problems }) => [
      title,
      String(requests),
      String(exported),
      requests === 0 ? "-" : Number.isFinite(delayMs) ? `${delayMs} ms` : "never",
      problems.length === 0 ? "ok" : "WRONG",
    ]),
  ];
  print(aligned(lines));
  print(
    `\nfirst after: from the first failure at the entry until root and root cause had come. At most ${PROMPT_MS} ms, and the\n${EXPORT_DELAY_MS} ms for which the first of a kind waits to share its export.\n`,
  );
}

function printServices(services: readonly ServiceReport[]): void {
  const lines = [
    [
      "process",
      "own",
      "bound",
      "forced",
      "limited",
      "failed",
      "written",
      "dropped",
      "received",
      "summarized",
      "",
    ],
    ...services.map(({ name, own, bound, forced, limited, trees, received, summarized, problems }) => [
      name,
      ...[own, bound, forced, limited, trees[1], trees[2], trees[3], received, summarized].map(String),
      problems.length === 0 ? "ok" : "WRONG",
    ]),
  ];
  print(aligned(lines));
  const capped = Object.entries(LIMITS).map(
    ([name, limits]) => `${name} has ${JSON.stringify(limits).replace(/[{}"]/g, "").replaceAll(",", ", ")}`,
  );
  print(`
own, forced: fragments that its limiter let out, and those above exported ones. bound: maxExportsPerSecond * t + burst.
failed: failed roots and detached fragments, as client and library counted; each is written, or dropped (none pending).
received: what the receiver's spans stand for; summarized: how much of it came in summaries.
${capped.join("; ")}; the others are as the library comes.
`);
}
