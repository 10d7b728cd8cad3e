// Time and chance as the export side uses them, replaceable in tests.

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

/** Resolves with `work`, or without it when the time is over; rejects where `work` does so in time. */
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
