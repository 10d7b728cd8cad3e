// Counts the windows of one partition, each event once, also if the log is read again from an earlier place.
import { Cell, type Source } from "../graph/cell.ts";
import { Counts } from "../graph/counts.ts";
import type { EdgeKey } from "../graph/edge.ts";

/** Knows for each window from which offset on it has to count, and which windows have changed. */
export class PartitionCounts extends Counts {
  /** Of the record that is being taken. */
  offset = 0;
  readonly #countFrom: number;
  /** Windows whose state is of another offset than the partition's. */
  readonly #others: ReadonlyMap<number, number>;
  readonly #changed = new Set<number>();

  /** @param countFrom - the offset from which on a window counts, if `others` says nothing else */
  constructor(windowMs: number, countFrom: number, others: ReadonlyMap<number, number>) {
    super({ windowMs });
    this.#countFrom = countFrom;
    this.#others = others;
  }

  override cell(timeMs: number, key: EdgeKey, source: Source): Cell {
    const start = Math.floor(timeMs / this.windowMs) * this.windowMs;
    // It is in the window already: this record is read again only for what is pending.
    if (this.offset < (this.#others.get(start) ?? this.#countFrom)) return new Cell(key, source);
    this.#changed.add(start);
    return super.cell(timeMs, key, source);
  }

  /** A window has to be written again. */
  touch(start: number): void {
    this.#changed.add(start);
  }

  /** The windows that have changed since this was asked last. */
  takeChanged(): number[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }
}
