// Measures how long this thread works without a pause, and how much memory the process takes meanwhile.
import { setImmediate as turn } from "node:timers/promises";

/** What some work took. */
export interface Load {
  /** The longest time for which nobody else had a turn, in milliseconds of the processor: other programs do not count. */
  readonly blockedMs: number;
  /** By how much the process was larger than at the beginning, at most, in MiB. */
  readonly grownMiB: number;
}

/** Does the work, and looks again and again in between. */
export async function loadOf(work: () => Promise<void>): Promise<Load> {
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const before = process.memoryUsage.rss();
  let [last, blockedMs, most, isOver] = [cpu(), 0, before, false];
  const looking = (async () => {
    while (!isOver) {
      await turn();
      const now = cpu();
      blockedMs = Math.max(blockedMs, now - last);
      most = Math.max(most, process.memoryUsage.rss());
      last = cpu();
    }
  })();
  await work();
  isOver = true;
  await looking;
  return { blockedMs, grownMiB: (most - before) / 1024 / 1024 };
}
