// Remembers kinds of failing trees: what was exported of each, and how many trees no export has accounted for yet.
import type { BuiltTree } from "../../tree/redacted-tree.ts";
import { type KindSample, sampleOf } from "./kind.ts";

/** Counted trees that were not exported, and that no export of their kind accounts for any more. */
export interface UnexportedTrees {
  /** `undefined`: of several kinds that are not in the table; the sample is one of them. */
  readonly kind: number | undefined;
  readonly represents: number;
  readonly sample: KindSample;
}

/** Counted trees that the next export of their kind will account for. */
interface PendingTrees {
  count: number;
  /** When the first of them failed. */
  since: number;
  /** One of them, or of those before. */
  sample: KindSample | undefined;
}

/** A kind of which at least one tree was exported. */
interface KnownKind extends PendingTrees {
  sample: KindSample;
  exports: number;
  exportedAt: number;
  seenAt: number;
}

/** A failing tree, and what the table has to know of it. */
export interface CountedTree {
  readonly tree: BuiltTree;
  /** A failed root or detached fragment: `represents` counts it. */
  readonly counted: boolean;
  readonly time: number;
}

/** Bounds of the table. */
export interface KindTableOptions {
  readonly maxKinds: number;
  /** A kind that was not seen for so many milliseconds is forgotten. */
  readonly forgetMs: number;
}

/**
 * A kind enters the table only when one of its trees is exported. All other kinds are counted together, so that random names
 * can neither fill the table nor push out what is in it.
 */
export class KindTable {
  readonly #options: KindTableOptions;
  /** The kind that was seen longest ago comes first. */
  readonly #kinds = new Map<number, KnownKind>();
  /** Of kinds that are not in the table. */
  readonly #others: PendingTrees = { count: 0, since: 0, sample: undefined };
  /** Of kinds that were forgotten since {@link takePending} was called last. */
  #forgotten: UnexportedTrees[] = [];
  #pending = 0;

  constructor(options: KindTableOptions) {
    this.#options = options;
  }

  /** Counted trees that no export has accounted for yet, and that were not taken. */
  get pending(): number {
    return this.#pending;
  }

  get size(): number {
    return this.#kinds.size;
  }

  /** The kind, if it is known; it is then the one that was seen last. */
  see(kind: number, time: number): Readonly<KnownKind> | undefined {
    const known = this.#kinds.get(kind);
    if (known === undefined) return undefined;
    if (this.#isOld(known, time)) {
      this.#forget(kind, known);
      return undefined;
    }
    known.seenAt = time;
    this.#kinds.delete(kind);
    this.#kinds.set(kind, known);
    return known;
  }

  /** Notes an export, which accounts for what was pending of its kind if it is counted; returns how many that were. */
  addExported(kind: number, { tree, counted, time }: CountedTree): number {
    const sample = sampleOf(tree.redacted());
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      this.#kinds.set(kind, { count: 0, since: time, sample, exports: 1, exportedAt: time, seenAt: time });
      this.#evict();
      return 0;
    }
    known.sample = sample;
    known.exports++;
    known.exportedAt = time;
    if (!counted) return 0;
    const { count } = known;
    known.count = 0;
    this.#pending -= count;
    return count;
  }

  /** Notes a tree that is not exported. */
  addRefused(kind: number, { tree, counted, time }: CountedTree): void {
    if (!counted) return;
    const pending = this.#kinds.get(kind) ?? this.#others;
    if (pending.count === 0) pending.since = time;
    pending.count++;
    pending.sample ??= sampleOf(tree.redacted());
    this.#pending++;
  }

  /** Forgets kinds that were not seen for a long time. */
  forgetOld(time: number): void {
    for (const [kind, known] of this.#kinds) if (this.#isOld(known, time)) this.#forget(kind, known);
  }

  /** Hands out what is pending since then or before, and what is left of kinds that were forgotten. */
  takePending(since: number): UnexportedTrees[] {
    const taken = this.#forgotten;
    this.#forgotten = [];
    for (const [kind, known] of this.#kinds) {
      if (known.count === 0 || known.since > since) continue;
      taken.push({ kind, represents: known.count, sample: known.sample });
      known.count = 0;
    }
    const { count, sample } = this.#others;
    if (sample !== undefined && this.#others.since <= since) {
      taken.push({ kind: undefined, represents: count, sample });
      this.#others.count = 0;
      this.#others.sample = undefined;
    }
    for (const { represents } of taken) this.#pending -= represents;
    return taken;
  }

  #isOld({ seenAt }: KnownKind, time: number): boolean {
    return time - seenAt >= this.#options.forgetMs;
  }

  #evict(): void {
    for (const [kind, known] of this.#kinds) {
      if (this.#kinds.size <= this.#options.maxKinds) return;
      this.#forget(kind, known);
    }
  }

  /** What is pending of the kind waits to be taken, by itself or, if too many wait already, with that of all others. */
  #forget(kind: number, { count, since, sample }: KnownKind): void {
    this.#kinds.delete(kind);
    if (count === 0) return;
    if (this.#forgotten.length < this.#options.maxKinds) {
      this.#forgotten.push({ kind, represents: count, sample });
      return;
    }
    const others = this.#others;
    if (others.count === 0) others.since = since;
    others.count += count;
    others.sample ??= sample;
  }
}
