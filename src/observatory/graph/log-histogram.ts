// Counts durations in buckets that grow by 2^(1/8), so that every quantile is known to within 4.5 %.

/** Buckets for each doubling: scale 3 of OpenTelemetry's exponential histogram. */
const PER_DOUBLING = 8;
/** Index of the lowest bucket: what takes no longer than 2^-20 s, a microsecond, is in it. */
const LOWEST = -20 * PER_DOUBLING - 1;
/** Index of the highest bucket: what takes longer than 2^17 s, some 36 hours, is in it. */
const HIGHEST = 17 * PER_DOUBLING;

/** In seconds; what takes longer counts as this long. */
const LONGEST = 2 ** 17;

/** The scale of OpenTelemetry's exponential histogram that has the same buckets. */
export const SCALE = 3;

/** A number, and what arrays hold in reserve. */
const BUCKET_BYTES = 12;

/** Adds up the memory of many histograms. */
export interface Meter {
  bytes: number;
}

/** A histogram as data: bucket `i` of `counts` is bucket `offset + i`, as in OTLP. */
export interface HistogramData {
  readonly offset: number;
  readonly counts: readonly number[];
  /** Sum of all values, in seconds. */
  readonly sum: number;
}

/**
 * Durations in seconds. Bucket `i` holds what is longer than 2^(i/8) and no longer than 2^((i+1)/8).
 *
 * Source: OpenTelemetry, metrics data model, ExponentialHistogram.
 */
export class LogHistogram {
  #offset = 0;
  #counts: number[] = [];
  #count = 0;
  #sum = 0;
  readonly #meter: Meter | undefined;

  constructor(meter?: Meter) {
    this.#meter = meter;
  }

  /** A copy of `data`. What is no count is left out. */
  static from({ offset, counts, sum }: HistogramData, meter?: Meter): LogHistogram {
    const histogram = new LogHistogram(meter);
    for (let i = 0; i < counts.length; i++) histogram.#addTo(offset + i, counts[i] ?? 0);
    histogram.#sum = Number.isFinite(sum) ? sum : 0;
    return histogram;
  }

  /** Memory of its buckets. */
  get bytes(): number {
    return this.#counts.length * BUCKET_BYTES;
  }

  get count(): number {
    return this.#count;
  }

  /** In seconds. */
  get sum(): number {
    return this.#sum;
  }

  /** Counts one duration, or `times` of them. One that is no number counts nowhere; a negative one, of a clock that was set back, as 0. */
  add(seconds: number, times = 1): void {
    if (Number.isNaN(seconds)) return;
    const duration = Math.min(LONGEST, Math.max(0, seconds));
    this.#addTo(indexOf(duration), times);
    this.#sum += duration * times;
  }

  /** Counts durations of which it is known only that they are longer: what is asked of that bound does not count them. */
  addBeyond(seconds: number, times: number): void {
    const bound = Math.min(LONGEST, Math.max(0, seconds));
    const index = indexOf(bound);
    this.#addTo(middleOf(index) > bound ? index : index + 1, times);
    this.#sum += bound * times;
  }

  /** Adds what another has counted. */
  merge(other: LogHistogram): void {
    this.#sum += other.#sum;
    const more = other.#counts;
    if (more.length === 0) return;
    this.#reach(other.#offset);
    this.#reach(other.#offset + more.length - 1);
    const counts = this.#counts;
    const from = other.#offset - this.#offset;
    for (let i = 0; i < more.length; i++)
      counts[from + i] = (counts[from + i] as number) + (more[i] as number);
    this.#count += other.#count;
  }

  /** The duration, in seconds, that the share `q` of all does not pass, to within 4.5 %; `undefined` if nothing was counted. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i] ?? 0;
      if (seen >= rank) return middleOf(this.#offset + i);
    }
    return middleOf(this.#offset + this.#counts.length - 1);
  }

  /** How many took no longer than each of `bounds` (seconds, ascending): a bucket counts by its middle. */
  atMost(bounds: readonly number[]): number[] {
    const result: number[] = [];
    let i = 0;
    let seen = 0;
    for (const bound of bounds) {
      while (i < this.#counts.length && middleOf(this.#offset + i) <= bound) seen += this.#counts[i++] ?? 0;
      result.push(seen);
    }
    return result;
  }

  toJSON(): HistogramData {
    return { offset: this.#offset, counts: [...this.#counts], sum: this.#sum };
  }

  #addTo(index: number, times: number): void {
    if (!(times > 0)) return;
    const bounded = Math.min(HIGHEST, Math.max(LOWEST, index));
    this.#reach(bounded);
    const at = bounded - this.#offset;
    this.#counts[at] = (this.#counts[at] ?? 0) + times;
    this.#count += times;
  }

  /** Makes room for a bucket; the array stays without holes. */
  #reach(index: number): void {
    const before = this.#counts.length;
    if (this.#counts.length === 0) this.#offset = index;
    while (this.#offset > index) {
      this.#counts.unshift(0);
      this.#offset--;
    }
    while (this.#offset + this.#counts.length <= index) this.#counts.push(0);
    if (this.#meter !== undefined) this.#meter.bytes += (this.#counts.length - before) * BUCKET_BYTES;
  }
}

function indexOf(seconds: number): number {
  return seconds <= 0 ? LOWEST : Math.ceil(Math.log2(seconds) * PER_DOUBLING) - 1;
}

/** The geometric middle of a bucket: nothing in it is further away than 4.5 %. */
export function middleOf(index: number): number {
  return 2 ** ((index + 0.5) / PER_DOUBLING);
}
