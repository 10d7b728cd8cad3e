// Which failing trees are exported, so that a storm of failures neither floods the backend nor hides what is new in it.
import type { Clock } from "../../clock.ts";
import type { BuiltTree } from "../../tree/told-tree.ts";
import { type KindSample, kindOf, sampleOf } from "./kind.ts";

/** Limits of what is exported. Those with a default are no options: only tests set them. */
export interface LimiterOptions {
  /** Trees a second, beyond a bounded burst; half of the burst is kept for novel kinds. `Infinity` lets everything out. */
  readonly maxExportsPerSecond: number;
  /** Kinds a minute that may be new; the cap holds for them, too. @default 120 */
  readonly maxNovelPerMinute?: number;
  /** Trees of a kind that pass one after the other. @default 3 */
  readonly firstPerKind?: number;
  /** After the first, a kind passes once in so many milliseconds. @default 10000 */
  readonly kindIntervalMs?: number;
  /** Most kinds that are known at one time; beyond, the one that failed longest ago is forgotten. @default 512 */
  readonly maxKinds?: number;
}

const MAX_NOVEL_PER_MINUTE = 120;
const FIRST_PER_KIND = 3;
const KIND_INTERVAL_MS = 10_000;
const MAX_KINDS = 512;

/** `"root"`: a failed root, for which there is more room; `"ordinary"`: any other fragment. */
export type Bucket = "root" | "ordinary";

/** A failing tree that is to be exported or not. */
export interface FailingTree {
  readonly tree: BuiltTree;
  /** A failed root or detached fragment: `represents` counts it. */
  readonly counted: boolean;
}

/** What became of a failing tree. */
export interface LimiterDecision {
  readonly exported: boolean;
  /** How many counted trees this one stands for, itself included; present where it is exported and counted. */
  readonly represents?: number;
}

/** Counted trees of which no export told; whoever gets them has to tell. */
export interface Settled {
  /** `undefined`: of several kinds, beyond those that are kept; the sample is one of them. */
  readonly kind: number | undefined;
  readonly represents: number;
  readonly sample: KindSample;
}

const MINUTE_MS = 60_000;
/** A kind that was not seen for so long is new: what comes back after that is news. */
const FORGOTTEN_MS = 600_000;

const EXPORTED: LimiterDecision = { exported: true };
const EXPORTED_ALONE: LimiterDecision = { exported: true, represents: 1 };
const REFUSED: LimiterDecision = { exported: false };

/** Counted trees that were not exported, and one of them or of those before. */
interface Untold {
  count: number;
  /** When the first of them failed. */
  since: number;
  sample: KindSample | undefined;
}

/** A kind of which at least one tree was exported. */
interface KnownKind extends Untold {
  sample: KindSample;
  exports: number;
  exportedAt: number;
  seenAt: number;
}

/** Most exports at one moment: what may be novel in two minutes, or two seconds of the cap where that is more. */
export function burstOf({
  maxExportsPerSecond,
  maxNovelPerMinute = MAX_NOVEL_PER_MINUTE,
}: LimiterOptions): number {
  return 2 * Math.max(maxNovelPerMinute, maxExportsPerSecond);
}

/**
 * Decides tree by tree, each in constant time and bounded memory, without a timer of its own. Two sums hold:
 *
 * - in any `t` seconds at most `maxExportsPerSecond * t + burstOf(options)` trees are exported, forced ones apart;
 * - the counted trees that came in are those that `represents` told of, in decisions and in what was settled, and
 *   {@link pending}. Exactly, at every moment.
 *
 * A kind enters the table only when one of its trees is exported. One that is refused, for too many are new, is counted
 * with all others of that sort: random names can neither fill the table nor push out what is in it.
 */
export class Limiter {
  readonly #firstPerKind: number;
  readonly #kindIntervalMs: number;
  readonly #maxKinds: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #open: boolean;
  readonly #cap: TokenBucket;
  readonly #novelty: TokenBucket;
  /** Exports that a known kind leaves in the bucket. */
  readonly #left: Readonly<Record<Bucket, number>>;
  readonly #settleMs: number;
  readonly #forgetMs: number;
  /** Longest unseen first. */
  readonly #kinds = new Map<number, KnownKind>();
  /** Of kinds that are not in the table. */
  readonly #others: Untold = { count: 0, since: 0, sample: undefined };
  /** Of kinds that were evicted since the last sweep. */
  #evicted: Settled[] = [];
  #pending = 0;
  #now: number;
  /** Milliseconds that passed forward. */
  #time = 0;

  constructor(options: LimiterOptions, clock: Pick<Clock, "monotonic">) {
    const {
      maxExportsPerSecond,
      maxNovelPerMinute = MAX_NOVEL_PER_MINUTE,
      firstPerKind = FIRST_PER_KIND,
      kindIntervalMs = KIND_INTERVAL_MS,
      maxKinds = MAX_KINDS,
    } = options;
    const burst = burstOf(options);
    this.#firstPerKind = firstPerKind;
    this.#kindIntervalMs = kindIntervalMs;
    this.#maxKinds = maxKinds;
    this.#clock = clock;
    this.#open = maxExportsPerSecond === Number.POSITIVE_INFINITY;
    this.#cap = new TokenBucket(maxExportsPerSecond, 1000, burst);
    // No minute's novelty is refused that stays within the limit, however it is spread over the minute.
    this.#novelty = new TokenBucket(maxNovelPerMinute, MINUTE_MS, maxNovelPerMinute);
    // Half of a burst is at least what can be novel at once: where novelty is within its limit, so is the cap.
    this.#left = { root: burst / 2, ordinary: Math.min((burst * 3) / 4, burst - 1) };
    // The next of the kind may still tell of them, in its interval.
    this.#settleMs = Math.max(MINUTE_MS, 2 * kindIntervalMs);
    this.#forgetMs = Math.max(FORGOTTEN_MS, kindIntervalMs);
    this.#now = clock.monotonic();
  }

  /** Counted trees of which nobody was told so far. */
  pending(): number {
    return this.#pending;
  }

  /** Kinds that are known. */
  get size(): number {
    return this.#kinds.size;
  }

  /** Whether the tree is exported, as far as it is for us to say. */
  decide({ tree, bucket, counted }: FailingTree & { readonly bucket: Bucket }): LimiterDecision {
    if (this.#open) return counted ? EXPORTED_ALONE : EXPORTED;
    const time = this.#pass();
    const kind = kindOf(tree.raw);
    const known = this.#seen(kind, time);
    if (known === undefined) {
      const passes = this.#novelty.holds(1) && this.#cap.take(0);
      if (!passes) return this.#refuse(this.#others, tree, counted, time);
      this.#novelty.take(0);
    } else {
      const isFirst = known.exports < this.#firstPerKind;
      const due = isFirst || time - known.exportedAt >= this.#kindIntervalMs;
      if (!due || !this.#cap.take(this.#left[bucket])) return this.#refuse(known, tree, counted, time);
    }
    return this.#export(kind, known, tree, counted, time);
  }

  /**
   * Takes note of a tree that is exported whatever we say: above an exported one, or head-sampled. Its kind is fresh, so
   * that no other of it goes out right after; the limits are left to those that have no other way out. With `again` it was
   * decided about before, and counted then.
   */
  noteForced({ tree, counted, again }: FailingTree & { readonly again?: boolean }): LimiterDecision {
    if (this.#open) return counted && !again ? EXPORTED_ALONE : EXPORTED;
    const time = this.#pass();
    const kind = kindOf(tree.raw);
    const decision = this.#export(kind, this.#seen(kind, time), tree, counted, time);
    const { represents } = decision;
    // It is among those that were pending, of this kind or of another that it was taken for.
    return again && represents !== undefined ? { exported: true, represents: represents - 1 } : decision;
  }

  /** What no export has told of for a minute, and what is left of kinds that were forgotten. To be called now and then. */
  sweep(): Settled[] {
    const time = this.#pass();
    for (const [kind, known] of this.#kinds) if (this.#isForgotten(known, time)) this.#forget(kind, known);
    return this.#settle(time - this.#settleMs);
  }

  /** All that is pending. */
  drain(): Settled[] {
    return this.#settle(Number.POSITIVE_INFINITY);
  }

  /** Lets the limits recover; a clock that goes back gives nothing and takes nothing. */
  #pass(): number {
    const now = this.#clock.monotonic();
    const passed = now - this.#now;
    this.#now = now;
    if (passed > 0) {
      this.#time += passed;
      this.#cap.refill(passed);
      this.#novelty.refill(passed);
    }
    return this.#time;
  }

  /** The kind, if it is known, as the one seen last. */
  #seen(kind: number, time: number): KnownKind | undefined {
    const known = this.#kinds.get(kind);
    if (known === undefined) return undefined;
    if (this.#isForgotten(known, time)) {
      this.#forget(kind, known);
      return undefined;
    }
    known.seenAt = time;
    this.#kinds.delete(kind);
    this.#kinds.set(kind, known);
    return known;
  }

  #refuse(untold: Untold, tree: BuiltTree, counted: boolean, time: number): LimiterDecision {
    if (!counted) return REFUSED;
    if (untold.count === 0) untold.since = time;
    untold.count++;
    untold.sample ??= sampleOf(tree.told());
    this.#pending++;
    return REFUSED;
  }

  #export(
    kind: number,
    known: KnownKind | undefined,
    tree: BuiltTree,
    counted: boolean,
    time: number,
  ): LimiterDecision {
    const sample = sampleOf(tree.told());
    const count = known?.count ?? 0;
    if (known === undefined) {
      this.#kinds.set(kind, { count, since: time, sample, exports: 1, exportedAt: time, seenAt: time });
      this.#evict();
    } else {
      known.sample = sample;
      known.exports++;
      known.exportedAt = time;
      if (counted) known.count = 0;
    }
    if (!counted) return EXPORTED;
    this.#pending -= count;
    return { exported: true, represents: count + 1 };
  }

  #isForgotten({ seenAt }: KnownKind, time: number): boolean {
    return time - seenAt >= this.#forgetMs;
  }

  #evict(): void {
    for (const [kind, known] of this.#kinds) {
      if (this.#kinds.size <= this.#maxKinds) return;
      this.#forget(kind, known);
    }
  }

  /** What is pending of the kind waits for the next sweep; where too much waits already, with that of all others. */
  #forget(kind: number, { count, since, sample }: KnownKind): void {
    this.#kinds.delete(kind);
    if (count === 0) return;
    if (this.#evicted.length < this.#maxKinds) {
      this.#evicted.push({ kind, represents: count, sample });
      return;
    }
    const others = this.#others;
    if (others.count === 0) others.since = since;
    others.count += count;
    others.sample ??= sample;
  }

  /** Hands out what is pending since then or before. */
  #settle(since: number): Settled[] {
    const settled = this.#evicted;
    this.#evicted = [];
    for (const [kind, known] of this.#kinds) {
      if (known.count === 0 || known.since > since) continue;
      settled.push({ kind, represents: known.count, sample: known.sample });
      known.count = 0;
    }
    const { count, sample } = this.#others;
    if (sample !== undefined && this.#others.since <= since) {
      settled.push({ kind: undefined, represents: count, sample });
      this.#others.count = 0;
      this.#others.sample = undefined;
    }
    for (const { represents } of settled) this.#pending -= represents;
    return settled;
  }
}

/** So many in so many milliseconds, and a burst. Kept in whole numbers: a share of an export is lost to no rounding. */
class TokenBucket {
  readonly #rate: number;
  /** What one export costs. */
  readonly #cost: number;
  readonly #full: number;
  #level: number;

  constructor(exports: number, periodMs: number, burst: number) {
    this.#rate = exports;
    this.#cost = periodMs;
    this.#full = burst * periodMs;
    this.#level = this.#full;
  }

  refill(ms: number): void {
    this.#level = Math.min(this.#full, this.#level + ms * this.#rate);
  }

  holds(exports: number): boolean {
    return this.#level >= exports * this.#cost;
  }

  /** Takes one, unless fewer than `left` would be left. */
  take(left: number): boolean {
    if (!this.holds(left + 1)) return false;
    this.#level -= this.#cost;
    return true;
  }
}
