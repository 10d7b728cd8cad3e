// Judges each process of the storm: its limiter's bound, and whether every failed tree is accounted for.
import { burstOf, type LimiterOptions } from "../../../src/export/limit/limiter.ts";
import type { ArrivedSpan } from "./arrivals.ts";
import type { LastWords } from "./program.ts";
import { SERVICES, type ServiceName } from "./scripts.ts";
import type { ExportedFragment } from "./traces.ts";

/** What is known of one process in the end. */
export interface ServiceFacts {
  readonly name: ServiceName;
  readonly words: LastWords;
  /** All that it wrote to its output. */
  readonly printed: string;
  /** Failed roots or detached fragments by the client's own count. */
  readonly failed: number;
  /** Options of its limiter, as it was started. */
  readonly limits: LimiterOptions;
}

/** One line of the table of processes. */
export interface ServiceReport {
  readonly name: ServiceName;
  /** Fragments that its own limiter let out, and the most that may be in this time. */
  readonly own: number;
  readonly bound: number;
  /** Fragments above exported ones. */
  readonly forced: number;
  readonly limited: number;
  /** Failed roots and detached fragments: by the client, by the library, written, dropped. */
  readonly trees: readonly [client: number, library: number, written: number, dropped: number];
  /** What the receiver's spans stand for; how much of it came in summaries. */
  readonly received: number;
  readonly summarized: number;
  readonly problems: readonly string[];
}

/** One report for each process, in the order from the entry down. */
export function judgeServices(
  facts: readonly ServiceFacts[],
  fragments: readonly ExportedFragment[],
  spans: readonly ArrivedSpan[],
): ServiceReport[] {
  const order = (name: ServiceName): number => -SERVICES.indexOf(name);
  return facts
    .toSorted((a, b) => order(a.name) - order(b.name))
    .map((service) =>
      judgeService(
        service,
        fragments.filter(({ root }) => root.service === service.name),
        spans.filter((span) => span.service === service.name),
      ),
    );
}

function judgeService(
  { name, words, printed, failed, limits }: ServiceFacts,
  fragments: readonly ExportedFragment[],
  spans: readonly ArrivedSpan[],
): ServiceReport {
  const { counts, rejections } = words;
  const problems: string[] = rejections.map((rejection) => `a promise that nobody caught: ${rejection}`);
  if (printed !== "") problems.push(`it printed: ${printed.trim()}`);
  for (const count of [
    "internal_errors",
    "answers_malformed",
    "fragments_dropped",
    "exports_failed",
  ] as const) {
    if (counts[count]) problems.push(`${count} is ${counts[count]}`);
  }
  const own = fragments.filter(({ forced }) => !forced).map(({ root }) => decidedAt(root));
  const seconds = own.length === 0 ? 0 : (Math.max(...own) - Math.min(...own)) / 1000;
  const bound = Math.floor(limits.maxExportsPerSecond * seconds + burstOf(limits));
  const over = mostOver(own, limits);
  if (over > 0) problems.push(`its own exports pass the limiter's bound by ${over} at one time`);
  const { trees_failed = 0, represents_written = 0, represents_dropped = 0 } = counts;
  const standing = spans.map(({ attributes }) => Number(attributes["error_tree.represents"] ?? 0));
  const received = sum(standing);
  const summaries = spans.filter(({ attributes }) => attributes["error_tree.summary"] === true);
  const summarized = sum(summaries.map(({ attributes }) => Number(attributes["error_tree.represents"])));
  const equations: [string, number, string, number][] = [
    ["failed by the client", failed, "failed by the library", trees_failed],
    ["failed", trees_failed, "written + dropped", represents_written + represents_dropped],
    ["written", represents_written, "represented in the receiver", received],
  ];
  for (const [left, one, right, other] of equations) {
    if (one !== other) problems.push(`${left} (${one}) is not ${right} (${other})`);
  }
  return {
    name,
    own: own.length,
    bound,
    forced: fragments.length - own.length,
    limited: counts.trees_limited ?? 0,
    trees: [failed, trees_failed, represents_written, represents_dropped],
    received,
    summarized,
    problems,
  };
}

/** By how many exports the bound is passed where it is passed most: in any time, however short. */
function mostOver(times: readonly number[], limits: LimiterOptions): number {
  const burst = burstOf(limits);
  let most = 0;
  let level = burst;
  let last = 0;
  for (const time of times.toSorted((a, b) => a - b)) {
    level = Math.min(burst, level + ((time - last) / 1000) * limits.maxExportsPerSecond) - 1;
    last = time;
    // Decisions are told to the millisecond.
    most = Math.max(most, Math.ceil(-level - 0.1));
  }
  return most;
}

function decidedAt({ attributes }: ArrivedSpan): number {
  return Date.parse(String(attributes["error_tree.decided_at"]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
