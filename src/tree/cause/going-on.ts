// Principle "going on": a later call of the program proves that it survived a failure.
import { EarliestEnds } from "./earliest-ends.ts";

/** A span directly beneath a node or beneath a transparent span, with all beneath it. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  /** A call is in it: while it is open the program does more than one thing at a time. */
  readonly isBranch: boolean;
  /**
   * The first start of a call in it that shows that the program went on after a fault, or after what is as good as one;
   * `Infinity` if there is none.
   */
  readonly afterFault: number;
  /** The same after any other rejection. */
  readonly afterRejection: number;
}

/** A failure in one of the units. */
export interface Failure {
  /** Index of its unit. */
  readonly unit: number;
  readonly start: number;
  readonly end: number;
  /** No program treats it as a normal answer. */
  readonly stops: boolean;
}

/**
 * For each failure whether a call after it proves that the program went on, before it reported its own failure. A call is no
 * proof if it belongs to a branch that was already open when the failure came: if it began in a unit that was, or after the
 * end of one, whose next step it may be. Equal times count as after. Takes n log n steps.
 */
export function wentOn(units: readonly Unit[], failures: readonly Failure[], reported: number): boolean[] {
  const order = units.map((_, i) => i).sort((a, b) => compareStarts(unitAt(units, a), unitAt(units, b)));
  const faults = new LaterCalls(units, order, "afterFault");
  const rejections = new LaterCalls(units, order, "afterRejection");
  const branches = new EarliestEnds(units, order);
  const proofs: boolean[] = new Array(failures.length);
  const byEnd = failures
    .map((_, i) => i)
    .sort((a, b) => compareEnds(failureAt(failures, a), failureAt(failures, b)));
  for (const i of byEnd) {
    const failure = failureAt(failures, i);
    const call = (failure.stops ? faults : rejections).first(failure);
    proofs[i] = call < reported && call < branches.after(failure);
  }
  return proofs;
}

function unitAt(units: readonly Unit[], index: number): Unit {
  return units[index] as Unit;
}

function failureAt(failures: readonly Failure[], index: number): Failure {
  return failures[index] as Failure;
}

function compareStarts(a: Unit, b: Unit): number {
  return a.start === b.start ? 0 : a.start < b.start ? -1 : 1;
}

/** By ends, of equal ones those without duration last. */
function compareEnds(a: Failure, b: Failure): number {
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return Number(a.start === a.end) - Number(b.start === b.end);
}

/** The first call among the units that began after a moment. */
class LaterCalls {
  readonly #starts: number[];
  /** From each place on: the first call, its unit, and the first call in any other unit. */
  readonly #calls: number[];
  readonly #units: number[];
  readonly #others: number[];

  constructor(units: readonly Unit[], order: readonly number[], after: "afterFault" | "afterRejection") {
    this.#starts = order.map((i) => unitAt(units, i).start);
    this.#calls = new Array(order.length);
    this.#units = new Array(order.length);
    this.#others = new Array(order.length);
    let call = Number.POSITIVE_INFINITY;
    let unit = -1;
    let other = Number.POSITIVE_INFINITY;
    for (let place = order.length - 1; place >= 0; place--) {
      const index = order[place] as number;
      const start = unitAt(units, index)[after];
      if (start <= call) {
        other = call;
        call = start;
        unit = index;
      } else if (start < other) {
        other = start;
      }
      this.#calls[place] = call;
      this.#units[place] = unit;
      this.#others[place] = other;
    }
  }

  first({ unit, end }: Failure): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) < end) low = middle + 1;
      else high = middle;
    }
    if (low === this.#starts.length) return Number.POSITIVE_INFINITY;
    return (this.#units[low] === unit ? this.#others[low] : this.#calls[low]) as number;
  }
}
