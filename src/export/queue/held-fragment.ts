// Holds a fragment in a queue: its size, and which of its spans are dropped first if there is no room for all.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { estimatedBytes } from "../../spans/span-bytes.ts";
import type { Verdict } from "../../tree/tree.ts";
import type { Level, Weight } from "../../tree/weight.ts";
import { withOmitted } from "../spans/omitted.ts";
import type { SentRequests } from "./sent-requests.ts";

/** A fragment as it is added to a queue. */
export interface QueuedFragment {
  /** Forced copies of its spans, parents before children. */
  readonly spans: readonly ReadableSpan[];
  /** How important each of the spans is; absent if none may be dropped without the others. */
  readonly weights?: readonly Weight[];
  readonly verdict: Verdict;
  /** Trees that it stands for (`error_tree.represents`); 0 for an asked fragment. */
  readonly represents: number;
  /** It is the first of its kind: it is exported as soon as the exporter is free. @default false */
  readonly isUrgent?: boolean;
}

/** Spans, and their bytes by estimate. */
export interface Size {
  readonly spans: number;
  readonly bytes: number;
}

/** In the order in which they are dropped: fragments that succeeded or were handled, rejected ones, failed ones. */
const RANKS: Readonly<Record<Verdict, number>> = { ok: 0, handled: 0, rejected: 1, failed: 2 };
export const RANK_COUNT = 3;

/** A fragment in a queue. */
export class HeldFragment {
  readonly represents: number;
  readonly rank: number;
  /** `waiting` in the queue, `sending` with the exporter, `done` when exported or dropped. */
  state: "waiting" | "sending" | "done" = "waiting";
  /** The export that it is in, or was in last. */
  sent: SentRequests | undefined;
  /** A call that had timed out was answered while another one sends it again: it has arrived. */
  arrived = false;
  /** How many exports failed in which it was the only fragment. */
  failuresAlone = 0;
  /** It failed alone, and another fragment was then exported: if it fails alone again it is dropped. */
  isLastTry = false;
  /** Its place in the order in which fragments came. */
  place = 0;
  before: HeldFragment | undefined;
  after: HeldFragment | undefined;
  #spans: readonly ReadableSpan[];
  #weights: readonly Weight[];
  #bytes = 0;
  /** The first span as it was given. */
  #first: ReadableSpan | undefined;
  /** Nodes that are missing because their spans were dropped. */
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

  /** Its size without the spans that are less important than `least`. */
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
   * Drops spans until it takes no more than `most`, the least important first, and of these the last first. Those as
   * important as `least` stay. Returns how many were dropped.
   */
  shed(most: Size, least: Level): number {
    const dropped = new Set<number>();
    let nodes = 0;
    const fits = (): boolean => this.#spans.length - dropped.size <= most.spans && this.#bytes <= most.bytes;
    for (let level = 0; level < least && !fits(); level++) {
      for (let i = this.#weights.length - 1; i >= 0 && !fits(); i--) {
        const weight = this.#weights[i] as Weight;
        if (weight.level !== level) continue;
        dropped.add(i);
        this.#bytes -= estimatedBytes(this.#spans[i] as ReadableSpan);
        if (weight.isNode) nodes++;
      }
    }
    if (dropped.size === 0) return 0;
    const left = this.#spans.filter((_, i) => !dropped.has(i));
    this.#weights = this.#weights.filter((_, i) => !dropped.has(i));
    this.#missing += nodes;
    if (left[0] === this.#spans[0]) left[0] = this.#first as ReadableSpan;
    else this.#first = left[0];
    this.#spans = withOmitted(left, this.#missing);
    return dropped.size;
  }

  /** True if it has spans that are less important than `least`. */
  hasLessThan(least: Level): boolean {
    return this.#weights.some(({ level }) => level < least);
  }
}
