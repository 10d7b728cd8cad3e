// Notices that the process ends: by an exception that nobody handles, by `process.exit`, or because nothing is left to do.

/** What is called. Both must not throw. */
export interface LastMoments {
  /** An exception was thrown, and nobody in the code beneath has caught it; its context is the active one. */
  threw(error: unknown): void;
  /** Nothing asynchronous runs any more. May be called twice. */
  ends(): void;
}

/**
 * Tells of the end until the returned function is called. Neither exit code nor signal changes, and other listeners are called as
 * before: an exception is only looked at. A program that handles it may live on, so that only its exit counts then.
 */
export function watchEnd({ threw, ends }: LastMoments): () => void {
  const onThrown = (error: unknown): void => {
    threw(error);
    if (!isHandled()) ends();
  };
  // Before those of the program: one that throws keeps the others from being called.
  process.prependListener("uncaughtExceptionMonitor", onThrown);
  process.prependListener("exit", ends);
  return () => {
    process.off("uncaughtExceptionMonitor", onThrown);
    process.off("exit", ends);
  };
}

function isHandled(): boolean {
  return process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback();
}
