// Recognises what can be awaited.

/** True for a promise, and for what can be awaited like one. Never throws: getters are the program's. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === "function";
  } catch {
    // Whoever awaits the value sees what the getter throws.
    return false;
  }
}
