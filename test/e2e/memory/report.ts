// What came of the run: a line for each reading of the heaps, and what is wrong.
import { aligned } from "../../support/table.ts";
import type { ServiceReading } from "./service.ts";
import { FRAGMENT_TIMEOUT_MS } from "./telemetry.ts";

/** Readings of both services after the same number of requests each; without the library there are fewer. */
export interface Point {
  readonly requests: number;
  readonly on: ServiceReading;
  readonly off: ServiceReading | undefined;
}

/** How much larger the heap may be at the end than at the first reading. */
const LARGEST_RATIO = 1.1;
/** What must have happened for the run to mean anything. */
const EXPECTED = [
  "fragments_timed_out",
  "fragments_evicted",
  "spans_evicted",
  "asks_refused",
  "asks_malformed",
  "answers_malformed",
  "answers_foreign",
  "trees_failed",
  "trees_limited",
  "represents_written",
  "exports_failed",
  "fragments_exported",
] as const;

export const NOTES: string = `Heap: used bytes after collections, at a quiet moment; % of the first reading. Without: OTEL_ERROR_TREE_DISABLED=true
and a sampler that records every span. Processor time is of the whole process, calls to itself included; both services
and their clients share the machine, so it is no measurement. fragmentTimeoutMs is ${FRAGMENT_TIMEOUT_MS}: leaked spans are given up
within the run.`;

const TITLES = ["heap", "of first", "buffers", "resident", "cpu/request"];

/** The readings as a table. */
export function tableOf(points: readonly Point[]): string {
  const lines = points.map((point, i) => [
    point.requests.toLocaleString("en"),
    ...(["on", "off"] as const).flatMap((which) => {
      const reading = point[which];
      if (reading === undefined) return TITLES.map(() => "");
      const { heap, external, resident, cpuMs } = reading;
      const first = points[0]?.[which]?.heap ?? heap;
      const before = points[i - 1];
      const ms = cpuMs - (before?.[which]?.cpuMs ?? 0);
      const count = point.requests - (before?.requests ?? 0);
      return [
        megabytes(heap),
        `${((100 * heap) / first).toFixed(1)} %`,
        megabytes(external),
        megabytes(resident),
        `${((1_000 * ms) / count).toFixed(0)} µs`,
      ];
    }),
  ]);
  return aligned([["requests", ...TITLES, ...TITLES.map((title) => `(off) ${title}`)], ...lines]);
}

/** Bytes of heap per request, by least squares over all readings from the first on. */
export function slopeOf(points: readonly Point[], which: "on" | "off"): number {
  const read = points.filter((point) => point[which] !== undefined);
  const xs = read.map(({ requests }) => requests);
  const ys = read.map((point) => point[which]?.heap ?? 0);
  const x = mean(xs);
  const y = mean(ys);
  let above = 0;
  let below = 0;
  for (const [i, at] of xs.entries()) {
    above += (at - x) * ((ys[i] as number) - y);
    below += (at - x) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** Everything that is not as it should be. */
export function wrongIn(points: readonly Point[]): string[] {
  const wrong: string[] = [];
  const first = points[0]?.on;
  const last = points.at(-1)?.on;
  if (first === undefined || last === undefined) return ["there was no reading"];
  const ratio = last.heap / first.heap;
  if (ratio > LARGEST_RATIO) {
    wrong.push(`the heap has grown by ${(100 * (ratio - 1)).toFixed(1)} % since the first reading`);
  }
  const { internal_errors = 0 } = last.counts;
  if (internal_errors > 0) wrong.push(`the library counted ${internal_errors} internal errors`);
  for (const name of EXPECTED) if (!last.counts[name]) wrong.push(`nothing was counted as ${name}`);
  return wrong;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
