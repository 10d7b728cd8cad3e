// Holds what one source tells of one edge in one window.
import { EdgeCounts, type EdgeData, type EdgeKey } from "./edge.ts";
import { type HistogramData, LogHistogram, type Meter } from "./log-histogram.ts";

/**
 * Where a count comes from. The same traffic may be known from several sources: they are kept apart, and the picture chooses.
 *
 * - `flow`: flow metrics of services or of a Collector: sums and exponential histograms
 * - `coarse`: explicit histograms of the same metrics, whose buckets are wider
 * - `spans`: a call and who answered it, by the ids of spans
 * - `ids`: plain events with the id of a parent
 * - `inferred`: two plain events with the same token, in the order of the log and of the clocks
 * - `reversed`: the same, if the later one in the log has the earlier time
 */
export type Source = "flow" | "coarse" | "spans" | "ids" | "inferred" | "reversed";

/** The counts of one edge from one source, as data. */
export interface CellData extends EdgeKey {
  readonly source: Source;
  readonly counts: EdgeData;
  readonly behind?: HistogramData;
  readonly ahead?: HistogramData;
}

/** The counts of one edge from one source in one window. */
export class Cell {
  readonly key: EdgeKey;
  readonly source: Source;
  readonly counts: EdgeCounts;
  #behind: LogHistogram | undefined;
  #ahead: LogHistogram | undefined;
  readonly #meter: Meter | undefined;

  /** @param meter - counts the memory of its histograms as it grows */
  constructor(key: EdgeKey, source: Source, data?: Omit<CellData, keyof EdgeKey | "source">, meter?: Meter) {
    const { client, server, connectionType } = key;
    this.key = { client, server, connectionType };
    this.source = source;
    this.#meter = meter;
    this.counts = new EdgeCounts(data?.counts, meter);
    if (data?.behind !== undefined) this.#behind = LogHistogram.from(data.behind);
    if (data?.ahead !== undefined) this.#ahead = LogHistogram.from(data.ahead);
  }

  /** By how much the callee began before its call, in seconds: its clock is at least so far behind. */
  get behind(): LogHistogram | undefined {
    return this.#behind;
  }

  /** By how much the callee ended after its call, in seconds: its clock is at least so far ahead. */
  get ahead(): LogHistogram | undefined {
    return this.#ahead;
  }

  /** Memory of its histograms. */
  get bytes(): number {
    const { server, client } = this.counts;
    return server.bytes + client.bytes + (this.#behind?.bytes ?? 0) + (this.#ahead?.bytes ?? 0);
  }

  beganEarly(seconds: number): void {
    this.#behind ??= new LogHistogram(this.#meter);
    this.#behind.add(seconds);
  }

  endedLate(seconds: number): void {
    this.#ahead ??= new LogHistogram(this.#meter);
    this.#ahead.add(seconds);
  }

  merge({ counts, behind, ahead }: Cell): void {
    this.counts.merge(counts);
    if (behind !== undefined) {
      this.#behind ??= new LogHistogram(this.#meter);
      this.#behind.merge(behind);
    }
    if (ahead !== undefined) {
      this.#ahead ??= new LogHistogram(this.#meter);
      this.#ahead.merge(ahead);
    }
  }

  toJSON(): CellData {
    const data = { ...this.key, source: this.source, counts: this.counts.toJSON() };
    const behind = this.#behind?.toJSON();
    const ahead = this.#ahead?.toJSON();
    return {
      ...data,
      ...(behind === undefined ? undefined : { behind }),
      ...(ahead === undefined ? undefined : { ahead }),
    };
  }
}
