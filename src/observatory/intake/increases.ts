// Makes increases out of the points of a metric, each counted once: of cumulative ones what came since the point before.
import type { HistogramData } from "../graph/log-histogram.ts";
import { Recent } from "./recent.ts";

/** A point whose value was checked: no negative and no broken numbers are in it. */
export interface CheckedPoint {
  /** Equal for points of one resource. */
  readonly resource: string;
  /** Equal for points of one metric and set of attributes. */
  readonly series: string;
  readonly isDelta: boolean;
  /** In microseconds since the epoch; 0 if it is not known. */
  readonly start: number;
  readonly time: number;
  readonly value: number | HistogramData;
  /** The place of the point in its log, if the log may have to be read again from there. */
  readonly mark?: number;
}

/** Why a point is no increase: it was there before, or there is no room for its series. */
export type NoIncrease = "known" | "full";

/**
 * How old a resource of which nothing was known may be at its first point for this to count: it holds all since its start, and
 * what came before we looked is no traffic of now. In microseconds.
 */
const YOUNG = 120_000_000;
/** Points of a delta series that are remembered: an exporter sends one again if the answer to it was lost. */
const REMEMBERED = 8;

/** Of the histograms of all series: eight bytes each. */
const MOST_BUCKETS = 4_000_000;
/** Memory of a resource, besides its id, and of all. */
const [ENTRY_BYTES, RESOURCE_BYTES] = [100, 16_000_000];

/** In microseconds. */
const OLD = 3_600_000_000;
const SWEEP = 60_000_000;
/** Points that are sent at once have times that differ by no more: a Collector's connector reads the clock for each edge. */
const AT_ONCE = 1_000_000;
/** A series that is not sent for so long while others of its resource are was forgotten there, as the connector does after 15 minutes. */
const FORGOTTEN = 600_000_000;

/** What is known of a resource: when it was there first, when it sent its last points, and those before. */
interface Seen {
  first: number;
  last: number;
  before: number;
}

interface Series {
  time: number;
  value: number | HistogramData;
  /** Times of the last points of a delta series. */
  times: number[];
  /** The place of the point that the value is from. */
  mark: number;
  readonly resource: Seen;
}

/**
 * A pure function of the points in their order. Of a cumulative series its points may come in any order and more than once: what
 * is counted of it is its value at the latest point. A restart shows in the start time; or in a lower value, if a producer has none.
 */
export class Increases {
  readonly #mostSeries: number;
  readonly #series = new Map<string, Series>();
  /** By resource and its start. */
  readonly #resources: Recent<Seen>;
  #buckets = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @param mostSeries - series beyond are not counted, unless others have become old */
  constructor(mostSeries = 50_000) {
    this.#mostSeries = mostSeries;
    const bytesOf = (id: string): number => ENTRY_BYTES + 2 * id.length;
    this.#resources = new Recent({ most: mostSeries, mostBytes: RESOURCE_BYTES, bytesOf });
  }

  get size(): number {
    return this.#series.size;
  }

  /** The least mark of the points that the next ones are compared with; of series that are not over. */
  get oldestMark(): number | undefined {
    let [oldest, newest]: [number | undefined, number] = [undefined, 0];
    for (const { time } of this.#series.values()) newest = Math.max(newest, time);
    for (const { mark, time } of this.#series.values()) {
      if (newest - time <= OLD && (oldest === undefined || mark < oldest)) oldest = mark;
    }
    return oldest;
  }

  /** What a point adds. */
  of(point: CheckedPoint): number | HistogramData | NoIncrease {
    const { resource, start, time, value, isDelta, mark = 0 } = point;
    const id = `${resource}\0${start === 0 || isDelta ? "" : start}\0${point.series}`;
    const series = this.#series.get(id);
    const more = isDelta ? 0 : bucketsOf(value) - bucketsOf(series?.value ?? 0);
    if (series !== undefined) {
      touch(series.resource, time);
      if (this.#buckets + more > MOST_BUCKETS) return "full";
      const added = isDelta ? delta(series, point) : increase(series, point);
      if (added !== "known") this.#buckets += more;
      return added;
    }
    const seen = this.#see(`${resource}\0${start}`, time);
    if (!this.#makeRoom(time, more)) return "full";
    this.#buckets += more;
    const times = isDelta ? [time] : [];
    this.#series.set(id, { time, value: isDelta ? 0 : value, times, mark, resource: seen });
    // If it begins when it ends, whoever sent it does not know when it began.
    const isYoung = start > 0 && start < time && time - start <= YOUNG;
    return isDelta || isYoung || seen.first + AT_ONCE < time ? value : "known";
  }

  /** The resource sends a point of a new series. */
  #see(id: string, time: number): Seen {
    const seen = this.#resources.get(id) ?? { first: time, last: time, before: time };
    touch(seen, time);
    this.#resources.set(id, seen);
    return seen;
  }

  /** Forgets the series that were not heard of for an hour, if there are too many. */
  #makeRoom(time: number, buckets: number): boolean {
    const hasRoom = (): boolean =>
      this.#series.size < this.#mostSeries && this.#buckets + buckets <= MOST_BUCKETS;
    if (hasRoom()) return true;
    if (time < this.#sweptAt + SWEEP) return false;
    this.#sweptAt = time;
    for (const [id, series] of this.#series) {
      if (time - series.time <= OLD) continue;
      this.#series.delete(id);
      this.#buckets -= bucketsOf(series.value);
    }
    return hasRoom();
  }
}

function touch(seen: Seen, time: number): void {
  if (time > seen.last + AT_ONCE) seen.before = seen.last;
  seen.first = Math.min(seen.first, time);
  seen.last = Math.max(seen.last, time);
}

function bucketsOf(value: number | HistogramData): number {
  return typeof value === "number" ? 0 : value.counts.length;
}

function delta(series: Series, { time, value, mark = 0 }: CheckedPoint): number | HistogramData | NoIncrease {
  if (series.times.includes(time)) return "known";
  series.time = Math.max(series.time, time);
  series.mark = mark;
  series.times.push(time);
  if (series.times.length > REMEMBERED) series.times.shift();
  return value;
}

function increase(
  series: Series,
  { time, value, mark = 0 }: CheckedPoint,
): number | HistogramData | NoIncrease {
  if (time <= series.time) return "known";
  const known = series.resource.before - series.time > FORGOTTEN ? 0 : series.value;
  series.time = time;
  series.value = value;
  series.mark = mark;
  if (typeof value === "number") return typeof known !== "number" || value < known ? value : value - known;
  return typeof known === "number" ? value : (difference(value, known) ?? value);
}

/** What a histogram has more than another one; `undefined` if it has less. */
function difference(later: HistogramData, earlier: HistogramData): HistogramData | undefined {
  const counts = [...later.counts];
  let excess = 0;
  for (let i = 0; i < earlier.counts.length; i++) {
    const count = earlier.counts[i] ?? 0;
    const at = earlier.offset + i - later.offset;
    const left = (counts[at] ?? 0) - count;
    if (at in counts) counts[at] = Math.max(0, left);
    if (left < 0) excess -= left;
  }
  // Less in one bucket and no less in all: the producer has made its buckets wider.
  for (let i = 0; i < counts.length && excess > 0; i++) {
    const taken = Math.min(excess, counts[i] ?? 0);
    counts[i] = (counts[i] ?? 0) - taken;
    excess -= taken;
  }
  return excess > 0 ? undefined : { offset: later.offset, counts, sum: Math.max(0, later.sum - earlier.sum) };
}
