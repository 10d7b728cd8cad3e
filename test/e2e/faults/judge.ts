// Judges a row: the tree at the entry, what the application saw, and what is in the receiver.
import { isDeepStrictEqual } from "node:util";
import { formatTree } from "otel-error-tree";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { type Sketch, sketchOf } from "../../support/services.ts";
import type { Arrivals } from "../storm/arrivals.ts";
import type { LastWords } from "../storm/program.ts";
import { judgeTrace } from "../storm/traces.ts";
import type { Answer } from "./side.ts";

/** The entry's tree: edge and orders answer 502 above what happened to the call of orders. */
export function treeAbove(leaf: Sketch): Sketch {
  const failed = { operation: "GET /call", code: "unavailable" } as const;
  return { service: "edge", ...failed, children: [{ service: "orders", ...failed, children: [leaf] }] };
}

/** Every tree that is another one than expected. */
export function judgeTrees(expected: Sketch, answers: readonly Answer[]): string[] {
  const wrong = answers.filter((answer) => !isDeepStrictEqual(withoutPorts(sketchOf(answer)), expected));
  return wrong.map(({ tree }) => {
    const seen =
      tree === undefined ? "no tree" : `${formatTree(tree)}\n${JSON.stringify(sketchOf({ tree }))}`;
    return `another tree than expected:\n${seen}\nexpected: ${JSON.stringify(expected)}`;
  });
}

/** The program's answers with the library and without must be alike. */
export function judgeAnswers(on: readonly Answer[], off: readonly Answer[]): string[] {
  const said = (answers: readonly Answer[]): string[] =>
    answers.map(({ status, body }) => withoutPorts(`${status} ${body}`)).sort();
  const [with_, without] = [said(on), said(off)];
  if (isDeepStrictEqual(with_, without)) return [];
  return [`the answers are others than without the library: ${with_[0]}; without: ${without[0]}`];
}

/** So must their logs; `row` names the lines that count. */
export function judgeLogs(row: string, on: readonly NodeProcess[], off: readonly NodeProcess[]): string[] {
  const lines = (services: readonly NodeProcess[]): string[] =>
    services
      .flatMap(({ printed }) => printed.split("\n"))
      .filter((line) => line.startsWith(`${row}:`))
      .map(withoutPorts)
      .sort();
  const [with_, without] = [lines(on), lines(off)];
  if (isDeepStrictEqual(with_, without)) return [];
  return [
    `the log is another one than without the library: ${with_.join("; ")}; without: ${without.join("; ")}`,
  ];
}

/** What a process wrote that is of no row. */
export function judgePrinted(services: readonly NodeProcess[], rows: readonly string[]): string[] {
  return services.flatMap(({ name, printed }) =>
    printed
      .split("\n")
      .filter((line) => line !== "" && !rows.some((row) => line.startsWith(`${row}:`)))
      .map((line) => `${name} wrote: ${line}`),
  );
}

/** True where the whole of a failing tree is in the receiver: root and root cause, and nothing without its parent. */
export function isThere(arrivals: Arrivals, traceId: string): boolean {
  const report = judgeTrace(arrivals.traces.get(traceId) ?? []);
  return report.completeAt !== undefined && report.unanswered === 0 && report.problems.length === 0;
}

/** The failing trees that are in the receiver, and what is wrong: some of one missing, or more than one of it. */
export function judgeReceiver(
  arrivals: Arrivals,
  answers: readonly Answer[],
): { readonly there: number; readonly problems: string[] } {
  const problems: string[] = [];
  let there = 0;
  for (const { traceId } of answers) {
    const report = judgeTrace(arrivals.traces.get(traceId) ?? []);
    const stands = report.root?.attributes["error_tree.represents"];
    if (isThere(arrivals, traceId) && stands === 1) there++;
    else if (report.root === undefined) problems.push(`the trace ${traceId} is not in the receiver`);
    else problems.push(`the trace ${traceId} stands for ${stands} trees; ${report.problems.join("; ")}`);
    if (report.unanswered > 0) problems.push(`the trace ${traceId} has spans apart from their caller`);
  }
  return { there, problems };
}

/** What the library counted and said, where it was on; `failed` trees of the entry, each of which must be written. */
export function judgeWords(
  words: ReadonlyMap<NodeProcess, LastWords>,
  failed: number,
  mayFail: boolean,
): string[] {
  const problems: string[] = [];
  for (const [{ name }, { counts, rejections, diagnostics }] of words) {
    problems.push(...rejections.map((rejection) => `${name}: a promise that nobody caught: ${rejection}`));
    for (const count of [
      "internal_errors",
      "fragments_dropped",
      "represents_dropped",
      "answers_malformed",
    ] as const) {
      if (counts[count]) problems.push(`${name}: ${count} is ${counts[count]}`);
    }
    const expected = name === "edge" ? failed : 0;
    for (const count of ["trees_failed", "represents_written"] as const) {
      if ((counts[count] ?? 0) !== expected)
        problems.push(`${name}: ${count} is ${counts[count]}, not ${expected}`);
    }
    for (const line of diagnostics) {
      if (!mayFail || !EXPORTER_TROUBLE.test(line)) problems.push(`${name} warned: ${line}`);
    }
  }
  return problems;
}

/** What may be said of an exporter in trouble, by us and by itself. */
const EXPORTER_TROUBLE =
  /the exporter failed, failing requests wait for it|Failed to parse trace export response/;

/** Ports are chosen anew by every process. */
function withoutPorts<T>(value: T): T {
  if (value === undefined) return value;
  return JSON.parse(JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT"));
}
