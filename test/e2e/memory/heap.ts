// The heap of this process, with nothing left in it that a collection can free.
import { setTimeout as sleep } from "node:timers/promises";

/** What a process holds, in bytes. */
export interface HeapReading {
  /** JavaScript's heap. */
  readonly heap: number;
  /** Buffers outside of it. */
  readonly external: number;
  readonly resident: number;
}

/** Rounds of collections; they end early when a round frees next to nothing. */
const MOST_ROUNDS = 12;
const LEAST_ROUNDS = 4;
const NEXT_TO_NOTHING = 4_096;
/** Finalizers run between the rounds, and what they let go of is collected in the next. */
const BETWEEN_MS = 60;

/** Collects until nothing comes of it any more, then reads. Needs `--expose-gc`. */
export async function readHeap(): Promise<HeapReading> {
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    collect();
    const { heapUsed } = process.memoryUsage();
    if (round >= LEAST_ROUNDS && before - heapUsed < NEXT_TO_NOTHING) break;
    before = heapUsed;
    await sleep(BETWEEN_MS);
  }
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}

function collect(): void {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("node must be started with --expose-gc");
  // As before a heap snapshot: caches of compiled code, which age over many collections, are let go of at once.
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
