// Finds, of the branches that were open when a failure came, the one that ended first.
import type { Failure, Unit } from "./going-on.ts";

/** Asked for failures in the order of their ends, of equal ones those without duration last. */
export class EarliestEnds {
  readonly #units: readonly Unit[];
  readonly #order: readonly number[];
  /** How many units of the order have begun. */
  #begun = 0;
  /** Units that began before the failure and end no earlier, as a heap: the one that ends first on top. */
  readonly #open: number[] = [];

  /** @param order - indices of the units by their starts */
  constructor(units: readonly Unit[], order: readonly number[]) {
    this.#units = units;
    this.#order = order;
  }

  /** When the first of the other branches ended that were open as the failure came; `Infinity` if there were none. */
  after({ unit, start, end }: Failure): number {
    this.#begin(end);
    const open = this.#open;
    // What ended as a failure without duration began was over by then.
    while (open.length > 0 && (this.#end(0) < end || (start === end && this.#end(0) === end))) this.#drop();
    return this.#firstBesides(unit);
  }

  /** The units that began before a moment. */
  #begin(before: number): void {
    for (; this.#begun < this.#order.length; this.#begun++) {
      const index = this.#order[this.#begun] as number;
      const unit = this.#units[index] as Unit;
      if (unit.start >= before) return;
      if (unit.isBranch) this.#add(index);
    }
  }

  /** The first end in the heap, not counting one unit. */
  #firstBesides(unit: number): number {
    if (this.#open[0] !== unit) return this.#endOrNever(0);
    return Math.min(this.#endOrNever(1), this.#endOrNever(2));
  }

  #endOrNever(place: number): number {
    return place < this.#open.length ? this.#end(place) : Number.POSITIVE_INFINITY;
  }

  #end(place: number): number {
    return (this.#units[this.#open[place] as number] as Unit).end;
  }

  #add(index: number): void {
    const open = this.#open;
    let place = open.push(index) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#end(above) <= this.#end(place)) break;
      this.#swap(above, place);
      place = above;
    }
  }

  #drop(): void {
    const open = this.#open;
    const last = open.pop() as number;
    if (open.length === 0) return;
    open[0] = last;
    for (let place = 0; ; ) {
      const left = 2 * place + 1;
      if (left >= open.length) break;
      const least = left + 1 < open.length && this.#end(left + 1) < this.#end(left) ? left + 1 : left;
      if (this.#end(place) <= this.#end(least)) break;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const open = this.#open;
    const held = open[a] as number;
    open[a] = open[b] as number;
    open[b] = held;
  }
}
