// Flushes when the process ends, and lets it end as it would have ended without us: same exit code, same signal.
import { isMainThread } from "node:worker_threads";
import { FLUSH_LIMIT_MS, type Flush } from "./flush.ts";
import { holdFor } from "./hold.ts";
import { watchSignals } from "./signals.ts";

/** How long a program is held up that has recorded no span: only metrics and logs are left, in milliseconds. */
const WITHOUT_SPANS_MS = 100;

/** Watches for the end. `process.exit` and exceptions leave no time: what they lose, the spool keeps if one is named. */
export function watchEnd(flush: Flush): void {
  if (isMainThread) watchSignals({ dying: () => flush.last(), told: () => void flush.all() });
  watchIdle(flush);
}

/**
 * Flushes when nothing is left to do, and again if the program has then done something that left spans. The program's own listeners
 * hear of the end afterwards: as often as without us, although our work makes Node announce the end once more.
 */
function watchIdle(flush: Flush): void {
  const { emit } = process;
  let isFirst = true;
  process.emit = function emitHeld(this: NodeJS.Process, ...event: unknown[]): boolean {
    if (event[0] !== "beforeExit" || !(isFirst || flush.hasSpans)) return Reflect.apply(emit, this, event);
    isFirst = false;
    const ms = flush.hasSpans ? FLUSH_LIMIT_MS : WITHOUT_SPANS_MS;
    void holdFor(ms, () => flush.all(ms)).then(() => flush.forget());
    return true;
  } as typeof process.emit;
}
