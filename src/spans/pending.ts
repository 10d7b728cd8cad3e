// Reads and writes the attributes of calls that were still running when the node above them reported its failure.

const PENDING = "error_tree.pending";
const PENDING_MS = "error_tree.pending_ms";
const UNENDED = "error_tree.unended";

/** Names of the attributes that are read here. */
export const PENDING_ATTRIBUTES: readonly string[] = [PENDING, PENDING_MS, UNENDED];

/** What is known of a call that still ran. */
export interface Pending {
  /** The milliseconds that it had taken; absent if they are not known. */
  readonly ms?: number;
}

/** The attributes of the span of a call that had taken so many milliseconds. */
export function pendingAttributes(ms: number): Record<string, number | boolean> {
  return { [PENDING]: true, [PENDING_MS]: ms };
}

/** Reads such attributes, whatever became of the call; `undefined` if there are none. */
export function pendingIn(attributes: Readonly<Record<string, unknown>>): Pending | undefined {
  const value = attributes[PENDING_MS];
  // Some stores give numbers back as text.
  const ms = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof ms === "number" && Number.isSafeInteger(ms) && ms >= 0) return { ms };
  return attributes[PENDING] === true ? {} : undefined;
}

/** True for a span that was exported before it ended. */
export function isUnended(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[UNENDED] === true;
}
