// Remembers of which operation the requests of a shape were, in tables that do not grow however many paths are asked for.
import { withAnyEnd } from "./request-shape.ts";

/** Most operations that are known. */
export const MOST_OPERATIONS = 256;
/** Shapes of an operation that are known as they are; of further ones only those with any end, and as many of them. */
const SHAPES_AS_THEY_ARE = 4;
export const MOST_SHAPES: number = 2 * SHAPES_AS_THEY_ARE;
/** The first pause after a request that was taken and was not good is this part of the interval; each further one is twice as long. */
const FIRST_PAUSE = 1 / 64;

/** An operation of which requests have gone well. Times are those of the monotonic clock, in milliseconds. */
export class Operation {
  readonly name: string;
  /** What its requests looked like when they began, the longest known first. */
  readonly shapes: Set<string> = new Set();
  /** When a request of it last went well. */
  seen: number;
  #due = Number.NEGATIVE_INFINITY;
  #misses = 0;

  constructor(name: string, now: number) {
    this.name = name;
    this.seen = now;
  }

  isDue(now: number): boolean {
    return now >= this.#due;
  }

  /** The last request that was taken was not good. */
  get isRetried(): boolean {
    return this.#misses > 0;
  }

  /** A request is taken, or there is a good trace of it: the next one is taken after the interval. */
  served(now: number, everyMs: number): void {
    this.#due = now + everyMs;
  }

  /** There is a good trace of it. */
  succeeded(now: number, everyMs: number): void {
    this.#misses = 0;
    this.served(now, everyMs);
  }

  /** The request that was taken for it failed, or was of another operation: the next one is taken sooner. */
  missed(now: number, everyMs: number): void {
    this.#due = now + Math.min(everyMs, everyMs * FIRST_PAUSE * 2 ** this.#misses);
    this.#misses++;
  }
}

/** Finds operations by what their requests look like. */
export class KnownOperations {
  readonly #operations = new Map<string, Operation>();
  readonly #shapes = new Map<string, Operation>();
  readonly #keptMs: number;

  /** @param keptMs - how long an operation keeps its place without a request that goes well */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  get size(): { readonly operations: number; readonly shapes: number } {
    return { operations: this.#operations.size, shapes: this.#shapes.size };
  }

  named(name: string): Operation | undefined {
    return this.#operations.get(name);
  }

  /** The operation of which the last good request of this shape was. */
  ofShape(shape: string): Operation | undefined {
    const operation = this.#shapes.get(shape);
    if (operation !== undefined) return operation;
    const any = withAnyEnd(shape);
    return any === undefined ? undefined : this.#shapes.get(any);
  }

  /** A request of this shape was of the operation, and went well. `undefined` if there is no room for the operation. */
  learn(name: string, shape: string, now: number): Operation | undefined {
    const operation = this.#operations.get(name) ?? this.#begin(name, now);
    if (operation === undefined) return undefined;
    operation.seen = now;
    if (this.ofShape(shape) !== operation) this.#add(shape, operation);
    return operation;
  }

  /**
   * Only an operation of which nothing has gone well for long makes room: those that are in use keep their places and their
   * times, however many names a peer makes up.
   */
  #begin(name: string, now: number): Operation | undefined {
    if (this.#operations.size >= MOST_OPERATIONS) {
      let oldest: Operation | undefined;
      for (const one of this.#operations.values()) {
        if (oldest === undefined || one.seen < oldest.seen) oldest = one;
      }
      if (oldest === undefined || now - oldest.seen < this.#keptMs) return undefined;
      this.#operations.delete(oldest.name);
      for (const shape of oldest.shapes) this.#shapes.delete(shape);
    }
    const operation = new Operation(name, now);
    this.#operations.set(name, operation);
    return operation;
  }

  /** An operation displaces shapes of its own alone: a route that takes any path does not push out the others. */
  #add(shape: string, operation: Operation): void {
    const { shapes } = operation;
    const isAsItIs = shapes.size < SHAPES_AS_THEY_ARE || this.#shapes.has(shape);
    const added = isAsItIs ? shape : (withAnyEnd(shape) ?? shape);
    this.#shapes.get(added)?.shapes.delete(added);
    if (shapes.size >= MOST_SHAPES) {
      const [first = ""] = shapes;
      shapes.delete(first);
      this.#shapes.delete(first);
    }
    shapes.add(added);
    this.#shapes.set(added, operation);
  }
}
