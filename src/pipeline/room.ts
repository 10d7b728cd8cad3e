// Makes room when too much is in flight: too many requests, or too many bytes of their spans.
import type { Fragment } from "../fragments/fragment.ts";
import type { KeptEntry } from "../fragments/fragment-spans.ts";
import type { FragmentTable } from "../fragments/fragment-table.ts";
import type { Health } from "../health/health.ts";

/** Spans that have not ended grow unseen: so many of them are looked at in each sweep. */
const LOOKS = 4_000;
/** Requests with so few spans are looked at in sweeps alone. */
const FEW = 8;
/** Part of the bound that is left in flight: a request more must not begin the search again. */
const GOAL = 0.9;

/** What room is made of. */
interface RoomParts {
  readonly table: FragmentTable;
  readonly health: Health;
  /** Most bytes on the heap, by estimate. */
  readonly maxBytes: number;
  /** Fragments that will be exported, and only wait for spans that have not ended. */
  readonly waiting: ReadonlySet<Fragment>;
  /** Ends a fragment as it is. */
  finish(fragment: Fragment): void;
  /** A fragment is in flight no more: it is counted by its verdict. */
  left(fragment: Fragment): void;
}

/**
 * Bounds what is in flight. Only references are dropped: a span's attributes belong to the processors of the user, too. First
 * go requests that are answered and only wait, then spans that went well, those of the oldest requests first. If what is left is
 * still too much, the oldest requests that hold more than the average keep only their roots, and their trees say how much is
 * missing. Spans that have not ended are held by the program anyway.
 */
export class Room {
  readonly #parts: RoomParts;
  /** Bytes above which room is made. It rises where nothing could go, or each further span would search in vain. */
  #limit: number;
  /** How many fragments are passed over before spans are looked at. */
  #passed = 0;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#limit = parts.maxBytes;
  }

  /** A span has ended of a request that goes on: from now on it takes the same room. A few spans wait for a sweep: most are soon gone. */
  ended(entry: KeptEntry): void {
    const { entries, bytes } = entry.fragment;
    if (entries.length <= FEW) return;
    const { table } = this.#parts;
    if (bytes > 0) table.weigh(entry);
    else for (const earlier of entries) table.weigh(earlier as KeptEntry);
    if (table.bytes > this.#limit) this.make();
  }

  /** Looks at some of the spans that may have grown, each time at others, and makes room. */
  sweep(): void {
    try {
      this.#look();
    } catch (error) {
      // What the sweep does behind this must go on: limits of time.
      this.#parts.health.failed("the bound of memory", error);
    }
  }

  #look(): void {
    const { table, maxBytes } = this.#parts;
    let looks = LOOKS;
    let passed = 0;
    for (const fragment of table.fragments()) {
      passed++;
      if (passed <= this.#passed) continue;
      for (const entry of fragment.entries) {
        if (entry.bytes === 0 || entry.end === Number.POSITIVE_INFINITY) table.weigh(entry as KeptEntry);
      }
      looks -= fragment.entries.length;
      if (looks <= 0) break;
    }
    this.#passed = looks <= 0 ? passed : 0;
    this.#limit = maxBytes;
    if (table.bytes > maxBytes) this.make();
  }

  make(): void {
    const { table, maxBytes, waiting, health } = this.#parts;
    const goal = maxBytes * GOAL;
    for (const fragment of waiting) {
      if (table.bytes <= goal) break;
      if (fragment.bytes > 0) this.#parts.finish(fragment);
    }
    for (const fragment of table.fragments()) {
      if (table.bytes <= goal) break;
      const gone = table.thin(fragment);
      if (gone > 0) health.count("spans_evicted", gone);
    }
    // One of them always holds at least the average.
    while (table.bytes > maxBytes && table.size > 0) {
      const share = table.bytes / table.size;
      for (const fragment of table.fragments()) {
        if (table.bytes <= maxBytes) break;
        if (fragment.bytes >= share) this.#evict(fragment);
      }
    }
    this.#limit = Math.max(maxBytes, table.bytes * 1.1);
  }

  /** Makes room for one more request. */
  evictOldest(): void {
    const { oldest } = this.#parts.table;
    if (oldest !== undefined) this.#evict(oldest);
  }

  /** A request is finished if its export is decided, else it keeps only its root. */
  #evict(fragment: Fragment): void {
    const { table, health } = this.#parts;
    health.count("fragments_evicted");
    if (fragment.decision?.forced) {
      this.#parts.finish(fragment);
      return;
    }
    table.evict(fragment);
    this.#parts.left(fragment);
    if (fragment.root.end !== Number.POSITIVE_INFINITY) fragment.letGo();
  }
}
