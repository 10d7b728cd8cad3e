// A fragment in a queue: what it takes, and what of it can go if there is no room for all.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Verdict } from "../../tree/tree.ts";
import type { Level, Weight } from "../../tree/weight.ts";
import { withOmitted } from "../spans/omitted.ts";
import { estimatedBytes } from "./span-bytes.ts";

/** A fragment as it is given to a queue. */
export interface QueuedFragment {
  /** Forced copies of its spans, parents before children. */
  readonly spans: readonly ReadableSpan[];
  /** How much each of the spans matters; absent if none of them may go without the others. */
  readonly weights?: readonly Weight[];
  readonly verdict: Verdict;
  /** Trees that it stands for (`error_tree.represents`); 0 for an asked fragment. */
  readonly represents: number;
}

/** Spans, and their bytes by estimate. */
export interface Size {
  readonly spans: number;
  readonly bytes: number;
}

/** Let go of first to last: what was answered well, what was rejected as it should be, what failed. */
const RANKS: Readonly<Record<Verdict, number>> = { ok: 0, handled: 0, rejected: 1, failed: 2 };
export const RANK_COUNT = 3;

/** A fragment in a queue. */
export class HeldFragment {
  readonly represents: number;
  readonly rank: number;
  /** Where it is: in line, handed to the exporter, or exported or dropped. */
  state: "waiting" | "sending" | "settled" = "waiting";
  /** A call that had been given up has brought it after all, while another one brings it again. */
  arrived = false;
  /** How often it failed with nothing beside it. */
  lonelyFailures = 0;
  /** It failed alone where another one then went out. */
  suspect = false;
  /** Its place among all. */
  place = 0;
  before: HeldFragment | undefined;
  after: HeldFragment | undefined;
  #spans: readonly ReadableSpan[];
  #weights: readonly Weight[];
  #bytes = 0;
  /** The first span as it was given. */
  #first: ReadableSpan | undefined;
  /** Nodes that are missing without the spans that have gone. */
  #missing = 0;

  constructor({ spans, weights = [], verdict, represents }: QueuedFragment) {
    this.represents = represents;
    this.rank = RANKS[verdict];
    this.#spans = spans;
    this.#weights = weights;
    this.#first = spans[0];
    for (const span of spans) this.#bytes += estimatedBytes(span);
  }

  get spans(): readonly ReadableSpan[] {
    return this.#spans;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What is left of it when all that matters less than `least` has gone. */
  sizeFrom(least: Level): Size {
    let spans = this.#spans.length;
    let bytes = this.#bytes;
    for (const [i, { level }] of this.#weights.entries()) {
      if (level >= least) continue;
      spans--;
      bytes -= estimatedBytes(this.#spans[i] as ReadableSpan);
    }
    return { spans, bytes };
  }

  /**
   * Lets go of spans until it takes no more than `most`: what matters least goes first, and of that the last. What
   * matters `least` or more stays. Returns how many have gone.
   */
  shed(most: Size, least: Level): number {
    const gone = new Set<number>();
    let nodes = 0;
    const fits = (): boolean => this.#spans.length - gone.size <= most.spans && this.#bytes <= most.bytes;
    for (let level = 0; level < least && !fits(); level++) {
      for (let i = this.#weights.length - 1; i >= 0 && !fits(); i--) {
        const weight = this.#weights[i] as Weight;
        if (weight.level !== level) continue;
        gone.add(i);
        this.#bytes -= estimatedBytes(this.#spans[i] as ReadableSpan);
        if (weight.isNode) nodes++;
      }
    }
    if (gone.size === 0) return 0;
    const left = this.#spans.filter((_, i) => !gone.has(i));
    this.#weights = this.#weights.filter((_, i) => !gone.has(i));
    this.#missing += nodes;
    if (left[0] === this.#spans[0]) left[0] = this.#first as ReadableSpan;
    else this.#first = left[0];
    this.#spans = withOmitted(left, this.#missing);
    return gone.size;
  }

  /** True if it has spans that matter less than `least`. */
  hasLessThan(least: Level): boolean {
    return this.#weights.some(({ level }) => level < least);
  }
}
