// Tells the time of this process.

/** Time, replaceable in tests. */
export interface Clock {
  /** Milliseconds since the epoch, for times that leave the process: people and NTP set this clock, forward and back. */
  now(): number;
  /** Whole milliseconds on a clock that nobody sets, for every limit of time. */
  monotonic(): number;
  /** Calls `task` every so many milliseconds without keeping the process alive; returns the stop. */
  every(ms: number, task: () => void): () => void;
  /** Calls `task` once, and keeps the process alive until then; returns the cancel. */
  after(ms: number, task: () => void): () => void;
}

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
