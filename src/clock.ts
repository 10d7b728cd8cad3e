// Tells the time of this process.
import type { Clock } from "./model/ports.ts";

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => Math.floor(performance.now()),
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
