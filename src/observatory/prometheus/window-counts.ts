// Adds what Prometheus answers to the counts of windows.
import { addBetween } from "../graph/coarse-bucket.ts";
import type { Counts } from "../graph/counts.ts";
import { type ConnectionType, type EdgeKey, edgeId } from "../graph/edge.ts";
import { nameOf } from "../graph/names.ts";
import type { AnsweredSeries } from "./answers.ts";
import type { Measure } from "./queries.ts";

const CONNECTION_TYPES: readonly ConnectionType[] = ["messaging_system", "database", "virtual_node"];
const STATES = ["arrived", "missing", "foreign"] as const;

/** Buckets of one edge in one window: how many took no longer than each bound, in seconds. */
interface Buckets {
  readonly key: EdgeKey;
  readonly timeMs: number;
  readonly atMost: Map<number, number>;
}

/**
 * Adds the increases of a metric. The window of a sample ends at its time. Returns the time of the newest sample, in milliseconds
 * since the epoch, and how many series had no names.
 *
 * @param bounds - upper bounds of all buckets there are, ascending: an answer has only those at which something came
 */
export function addAnswer(
  counts: Counts,
  measure: Measure,
  series: readonly AnsweredSeries[],
  bounds: readonly number[],
): { readonly newest: number | undefined; readonly nameless: number } {
  let newest: number | undefined;
  let nameless = 0;
  const buckets = new Map<string, Buckets>();
  for (const { labels, samples } of series) {
    const key = keyOf(labels);
    if (key === undefined) {
      nameless++;
      continue;
    }
    for (const [seconds, value] of samples) {
      const end = Math.round(seconds * 1000);
      newest = Math.max(newest ?? end, end);
      const timeMs = end - counts.windowMs;
      const count = Math.round(value);
      if (measure === "server" || measure === "client") addBound(buckets, { key, timeMs }, labels.le, count);
      else addCount(counts, { key, timeMs }, measure, labels.state, count);
    }
  }
  if (measure === "server" || measure === "client") {
    for (const one of buckets.values()) addBuckets(counts, measure, one, bounds);
  }
  return { newest, nameless };
}

interface Place {
  readonly key: EdgeKey;
  readonly timeMs: number;
}

function keyOf({ client, server, connection_type: type }: AnsweredSeries["labels"]): EdgeKey | undefined {
  const [from, to] = [nameOf(client), nameOf(server)];
  if (from === undefined || to === undefined) return undefined;
  return { client: from, server: to, connectionType: CONNECTION_TYPES.find((one) => one === type) ?? "" };
}

function addCount(
  counts: Counts,
  { key, timeMs }: Place,
  measure: "requests" | "failures" | "context",
  state: unknown,
  count: number,
): void {
  const field = measure === "context" ? STATES.find((one) => one === state) : measure;
  if (field !== undefined) counts.cell(timeMs, key, "flow").counts[field] += count;
}

function addBound(buckets: Map<string, Buckets>, { key, timeMs }: Place, le: unknown, count: number): void {
  const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le ?? Number.NaN);
  if (Number.isNaN(bound)) return;
  const id = `${timeMs}\0${edgeId(key)}`;
  let one = buckets.get(id);
  if (one === undefined) {
    one = { key, timeMs, atMost: new Map() };
    buckets.set(id, one);
  }
  one.atMost.set(bound, (one.atMost.get(bound) ?? 0) + count);
}

function addBuckets(
  counts: Counts,
  side: "server" | "client",
  { key, timeMs, atMost }: Buckets,
  bounds: readonly number[],
): void {
  const histogram = counts.cell(timeMs, key, "coarse").counts[side];
  let before = 0;
  for (const [bound, upTo] of [...atMost].sort(([a], [b]) => a - b)) {
    addBetween(
      histogram,
      bounds.findLast((one) => one < bound),
      bound,
      upTo - before,
    );
    before = Math.max(before, upTo);
  }
}

/** The bounds in the labels of an answer, in seconds, ascending, without the last one. */
export function boundsIn(series: readonly AnsweredSeries[]): number[] {
  const bounds = series.map(({ labels }) => Number(labels.le ?? Number.NaN)).filter(Number.isFinite);
  return [...new Set(bounds)].sort((a, b) => a - b);
}
