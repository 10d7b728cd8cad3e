// Collects what Prometheus answers to the questions about some windows, and adds it to the counts when all of it is there.
import { setImmediate as turn } from "node:timers/promises";
import type { Cell } from "../graph/cell.ts";
import { addBetween } from "../graph/coarse-bucket.ts";
import { Counts } from "../graph/counts.ts";
import type { ConnectionType, EdgeKey } from "../graph/edge.ts";
import { nameOf } from "../graph/names.ts";
import type { AnsweredSeries } from "./answers.ts";
import type { Measure } from "./queries.ts";

const CONNECTION_TYPES: readonly ConnectionType[] = ["messaging_system", "database", "virtual_node"];
const STATES = ["arrived", "missing", "foreign"] as const;
const FIELDS = ["requests", "failures", ...STATES] as const;
/** Bounds of buckets in one question; the connector has 17. */
const MOST_BOUNDS = 100;
/** Edges of windows whose buckets are read in one go. */
const BURST = 200;

type Side = "server" | "client";

/** Which windows were asked for. Times in milliseconds since the epoch. */
interface Asked {
  /** Beginning of the first and end of the last window. */
  readonly from: number;
  readonly to: number;
  readonly windowMs: number;
  /** A sample says what came in the time of this length before it; a part of a window, or all of it. */
  readonly stepMs: number;
}

/** Increases of some windows. */
export class WindowCounts {
  /** Series without names. */
  nameless = 0;
  /** Values that are no counts, or that nobody asked for. */
  odd = 0;
  /** The end of the newest sample, in milliseconds since the epoch. */
  newest: number | undefined;
  /** Upper bounds of buckets in which something came, in seconds; at most 100. */
  readonly bounds: Set<number> = new Set();
  readonly #asked: Asked;
  readonly #counts: Counts;
  /** How many took no longer than each bound in seconds, by the cells that they belong to. */
  readonly #atMost: Readonly<Record<Side, Map<Cell, Map<number, number>>>> = {
    server: new Map(),
    client: new Map(),
  };

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#counts = new Counts({ windowMs: asked.windowMs });
  }

  /** Edges of all windows. */
  get size(): number {
    return this.#counts.size;
  }

  /** Takes the increases of a metric. Of edges that have no room in a window there is one for all, as in {@link Counts}. */
  add(measure: Measure, { labels, samples }: AnsweredSeries): void {
    const key = keyOf(labels);
    if (key === undefined) {
      this.nameless++;
      return;
    }
    const { from, to, stepMs } = this.#asked;
    for (const [seconds, value] of samples) {
      const end = Math.round(seconds * 1000);
      const count = Math.round(value);
      if (!(end > from && end <= to && count >= 0 && count <= Number.MAX_SAFE_INTEGER)) {
        this.odd++;
        continue;
      }
      this.newest = Math.max(this.newest ?? end, end);
      const timeMs = end - stepMs;
      if (measure === "server" || measure === "client")
        this.#addBound(timeMs, key, measure, labels.le, count);
      else this.#addCount(timeMs, key, measure, labels.state, count);
    }
  }

  /** The end of the last window. */
  get to(): number {
    return this.#asked.to;
  }

  /**
   * Takes off what was found before in the first window, which was asked for again: samples that came late are left. If it has become less,
   * it stays as it was: the window before it has lost to it what came late there.
   */
  takeOff(before: WindowCounts): void {
    const { from, windowMs } = this.#asked;
    for (const cell of before.#counts.cells(from, from + windowMs)) {
      const mine = this.#counts.cell(from, cell.key, cell.source);
      for (const field of FIELDS) mine.counts[field] = Math.max(0, mine.counts[field] - cell.counts[field]);
      for (const side of ["server", "client"] as const) {
        const atMost = this.#atMost[side].get(mine);
        for (const [bound, count] of before.#atMost[side].get(cell) ?? [])
          atMost?.set(bound, Math.max(0, (atMost.get(bound) ?? 0) - count));
      }
    }
  }

  /**
   * Adds all of it. Between two parts of the work others have their turn; nothing is in the counts before the end.
   *
   * @param bounds - upper bounds of all buckets there are, ascending: an answer has only those at which something came
   */
  async addTo(counts: Counts, bounds: readonly number[]): Promise<void> {
    let room = BURST;
    for (const side of ["server", "client"] as const) {
      for (const [cell, atMost] of this.#atMost[side]) {
        addBuckets(cell, side, atMost, bounds);
        if (--room > 0) continue;
        room = BURST;
        await turn();
      }
    }
    counts.merge(this.#counts);
  }

  #addCount(
    timeMs: number,
    key: EdgeKey,
    measure: "requests" | "failures" | "context",
    state: unknown,
    count: number,
  ): void {
    const field = measure === "context" ? STATES.find((one) => one === state) : measure;
    if (field === undefined) this.odd++;
    else this.#counts.cell(timeMs, key, "flow").counts[field] += count;
  }

  #addBound(timeMs: number, key: EdgeKey, side: Side, le: unknown, count: number): void {
    const bound = boundOf(le);
    if (bound === undefined || (this.bounds.size >= MOST_BOUNDS && !this.bounds.has(bound))) {
      this.odd++;
      return;
    }
    this.bounds.add(bound);
    const cell = this.#counts.cell(timeMs, key, "coarse");
    const all = this.#atMost[side];
    let atMost = all.get(cell);
    if (atMost === undefined) {
      atMost = new Map();
      all.set(cell, atMost);
    }
    atMost.set(bound, (atMost.get(bound) ?? 0) + count);
  }
}

function keyOf({ client, server, connection_type: type }: AnsweredSeries["labels"]): EdgeKey | undefined {
  const [from, to] = [nameOf(client), nameOf(server)];
  if (from === undefined || to === undefined) return undefined;
  return { client: from, server: to, connectionType: CONNECTION_TYPES.find((one) => one === type) ?? "" };
}

/** An upper bound as a label has it, in seconds; `undefined` if it is none. */
function boundOf(le: unknown): number | undefined {
  if (le === "+Inf") return Number.POSITIVE_INFINITY;
  const bound = typeof le === "string" && le !== "" ? Number(le) : Number.NaN;
  return Number.isFinite(bound) ? bound : undefined;
}

function addBuckets(
  cell: Cell,
  side: Side,
  atMost: ReadonlyMap<number, number>,
  bounds: readonly number[],
): void {
  const histogram = cell.counts[side];
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

/** The bounds in the labels of an answer, in seconds, ascending, without the last one; at most 100. */
export function boundsIn(series: readonly AnsweredSeries[]): number[] {
  const bounds = new Set(series.map(({ labels }) => boundOf(labels.le)));
  return [...bounds]
    .filter((one) => one !== undefined)
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
    .slice(0, MOST_BOUNDS);
}
