// Tells the queue the time and random numbers; tests replace it.

/** A clock, timers and random numbers. */
export interface Timing {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** A number from 0 up to 1. */
  random(): number;
  /** Calls `task` once without keeping the process alive; returns the cancel. */
  after(ms: number, task: () => void): () => void;
}

export const SYSTEM_TIMING: Timing = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves when `work` does or when the time is over; rejects if `work` rejects in time. */
export function within(timing: Timing, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = timing.after(ms, resolve);
    work.then(
      () => {
        cancel();
        resolve();
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
