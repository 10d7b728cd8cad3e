// Decides which failing trees are exported, so that many failures neither flood the backend nor hide a new kind of failure.
import type { Clock } from "../../clock.ts";
import { CleanTexts } from "../../redact/clean-texts.ts";
import type { BuiltTree } from "../../tree/redacted-tree.ts";
import type { ExportChoice } from "../fragment-view.ts";
import { kindOf } from "./kind.ts";
import { KindTable, type UnexportedTrees } from "./kind-table.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Limits of what is exported. Those with a default are no options: only tests set them. */
export interface LimiterOptions {
  /** Trees a second, after a bounded burst; half of the burst is kept for novel kinds. `Infinity` exports all. */
  readonly maxExportsPerSecond: number;
  /** Kinds a minute that may be new; the cap holds for them, too. @default 120 */
  readonly maxNovelPerMinute?: number;
  /** The first trees of a kind, which pass without an interval. @default 3 */
  readonly firstPerKind?: number;
  /** After the first, a kind passes once in so many milliseconds. @default 10000 */
  readonly kindIntervalMs?: number;
  /** Most kinds that are known at one time; then the one that failed longest ago is forgotten. @default 512 */
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

const MINUTE_MS = 60_000;
/** A kind that was not seen for so long is new when it comes back. */
const FORGOTTEN_MS = 600_000;

const EXPORTED: ExportChoice = { exported: true };
const EXPORTED_ALONE: ExportChoice = { exported: true, represents: 1 };
const REFUSED: ExportChoice = { exported: false };

/** Most exports at one moment: what may be novel in two minutes, or two seconds of the cap if that is more. */
export function burstOf({
  maxExportsPerSecond,
  maxNovelPerMinute = MAX_NOVEL_PER_MINUTE,
}: LimiterOptions): number {
  return 2 * Math.max(maxNovelPerMinute, maxExportsPerSecond);
}

/**
 * Decides tree by tree, each in constant time and bounded memory, without a timer of its own. Two sums hold at every moment:
 *
 * - in any `t` seconds at most `maxExportsPerSecond * t + burstOf(options)` trees are exported, without the forced ones;
 * - the counted trees that came in are the sum of `represents` in all decisions and in what was taken, and of
 *   {@link pending}.
 */
export class Limiter {
  readonly #firstPerKind: number;
  readonly #kindIntervalMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #isOpen: boolean;
  readonly #cap: TokenBucket;
  readonly #novelty: TokenBucket;
  /** Exports that a known kind leaves in the bucket. */
  readonly #reserved: Readonly<Record<Bucket, number>>;
  readonly #overdueMs: number;
  readonly #kinds: KindTable;
  /** Names of kinds. */
  readonly #names = new CleanTexts();
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
    this.#clock = clock;
    this.#isOpen = maxExportsPerSecond === Number.POSITIVE_INFINITY;
    this.#cap = new TokenBucket(maxExportsPerSecond, 1000, burst);
    // Novel kinds within the limit of a minute all pass, however they are spread over the minute.
    this.#novelty = new TokenBucket(maxNovelPerMinute, MINUTE_MS, maxNovelPerMinute);
    // Half of a burst is at least what can be novel at once: the cap refuses no kind that the limit of novelty lets pass.
    this.#reserved = { root: burst / 2, ordinary: Math.min((burst * 3) / 4, burst - 1) };
    // Until then the next export of the kind may account for them.
    this.#overdueMs = Math.max(MINUTE_MS, 2 * kindIntervalMs);
    this.#kinds = new KindTable({ maxKinds, forgetMs: Math.max(FORGOTTEN_MS, kindIntervalMs) });
    this.#now = clock.monotonic();
  }

  /** Counted trees that no export has accounted for so far. */
  pending(): number {
    return this.#kinds.pending;
  }

  /** Kinds that are known. */
  get size(): number {
    return this.#kinds.size;
  }

  /** Whether the tree is exported, as far as the limits decide it. */
  decide({ tree, bucket, counted }: FailingTree & { readonly bucket: Bucket }): ExportChoice {
    if (this.#isOpen) return counted ? EXPORTED_ALONE : EXPORTED;
    const time = this.#pass();
    const kind = kindOf(tree.raw, this.#names.redact);
    if (this.#passes(kind, bucket, time)) return this.#export(kind, { tree, counted, time });
    this.#kinds.addRefused(kind, { tree, counted, time });
    return REFUSED;
  }

  /**
   * Notes a tree that is exported whatever the limits are: it stands above an exported one, or is head-sampled. Then no other
   * of its kind is exported right after it, and the limits are left to trees that are exported by no other rule.
   * `alreadyCounted`: it was decided about before, and counted then.
   */
  noteForced({
    tree,
    counted,
    alreadyCounted,
  }: FailingTree & { readonly alreadyCounted: boolean }): ExportChoice {
    if (this.#isOpen) return counted && !alreadyCounted ? EXPORTED_ALONE : EXPORTED;
    const time = this.#pass();
    const kind = kindOf(tree.raw, this.#names.redact);
    this.#kinds.see(kind, time);
    const decision = this.#export(kind, { tree, counted, time });
    const { represents } = decision;
    // It is one of those that were pending, of this kind or of another one that it belonged to before.
    return alreadyCounted && represents !== undefined
      ? { exported: true, represents: represents - 1 }
      : decision;
  }

  /**
   * Takes what no export has accounted for within a minute, and what is left of kinds that were forgotten. To be called now
   * and then.
   */
  takeOverdue(): UnexportedTrees[] {
    const time = this.#pass();
    this.#kinds.forgetOld(time);
    return this.#kinds.takePending(time - this.#overdueMs);
  }

  /** Takes all that is pending. */
  takePending(): UnexportedTrees[] {
    return this.#kinds.takePending(Number.POSITIVE_INFINITY);
  }

  #passes(kind: number, bucket: Bucket, time: number): boolean {
    const known = this.#kinds.see(kind, time);
    if (known === undefined) return this.#novelty.holds(1) && this.#cap.take() && this.#novelty.take();
    const isDue = known.exports < this.#firstPerKind || time - known.exportedAt >= this.#kindIntervalMs;
    return isDue && this.#cap.take(this.#reserved[bucket]);
  }

  #export(kind: number, tree: FailingTree & { readonly time: number }): ExportChoice {
    const represented = this.#kinds.addExported(kind, tree);
    return tree.counted ? { exported: true, represents: represented + 1 } : EXPORTED;
  }

  /** Refills the buckets by the time that passed; none passes while the clock goes back. */
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
}
