// Flushes when the process ends, and lets it end as it would have ended without us: same exit code, same signal.
import { isMainThread } from "node:worker_threads";
import type { Flush } from "./flush.ts";
import { watchSignals } from "./signals.ts";

/** Work that a program begins when it has nothing left to do takes longer than this, in milliseconds. */
const QUIET_MS = 50;

/** Watches for the end. `process.exit` and exceptions leave no time: what they lose, the spool keeps if one is named. */
export function watchEnd(flush: Flush): void {
  if (isMainThread) watchSignals({ dying: () => flush.last(), told: () => void flush.all() });
  watchIdle(flush);
}

/** Flushes when nothing is left to do, and again if the program has then found something to do. */
function watchIdle(flush: Flush): void {
  let isFlushed = false;
  process.on("beforeExit", async () => {
    if (isFlushed) return;
    isFlushed = true;
    // Others may have begun something that must not be cut off.
    const isAlone = process.listenerCount("beforeExit") === 1;
    const inTime = await flush.all();
    if (!inTime && isAlone) process.exit();
    setTimeout(() => {
      isFlushed = false;
    }, QUIET_MS).unref();
  });
}
