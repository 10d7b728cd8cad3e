// What can be done about an export that failed, and how long to wait before the next one.

/**
 * `retry`: another time it may go well. `split`: something in the batch is not taken, the rest may be. `drop`: the exporter
 * is not let in, whatever it brings.
 */
export type Remedy = "retry" | "split" | "drop";

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
/** Codes of gRPC that say that nothing we send will be taken: not-found, already-exists, permission-denied, … */
const CLOSED_GRPC: ReadonlySet<number> = new Set([5, 6, 7, 9, 12, 16]);
const LAST_GRPC = 16;
/** HTTP statuses of the 4xx class that pass: timeout, too early, too many requests. */
const PASSING_HTTP: ReadonlySet<number> = new Set([408, 425, 429]);
/** HTTP statuses about what was sent: malformed, too large. */
const CONTENT_HTTP: ReadonlySet<number> = new Set([400, 413]);
/** HTTP statuses of the 5xx class that do not pass: not implemented, version not supported. */
const CLOSED_HTTP: ReadonlySet<number> = new Set([501, 505]);

/**
 * Judges an error by its `code`: an HTTP status or a gRPC code, as the OTLP exporters leave it there. They have repeated
 * 429, 502, 503, 504 and network errors themselves, as Retry-After said, for as long as their own timeout (10 s by
 * default), and then leave no code; over gRPC nothing was repeated. What has neither is worth another try: a refused
 * connection, a timeout, an exporter that threw. So is a 500, which OTLP tells a client not to repeat: overloaded backends
 * and the proxies before them answer so, and what we hold is what explains the incident.
 */
export function remedyFor(error: unknown): Remedy {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== "number") return "retry";
  if (code <= LAST_GRPC) {
    if (code === INVALID_ARGUMENT) return "split";
    // Said of a quota that fills up again, and of a message that is larger than the receiver takes.
    if (code === RESOURCE_EXHAUSTED) return isTooLarge(error) ? "split" : "retry";
    return CLOSED_GRPC.has(code) ? "drop" : "retry";
  }
  if (CONTENT_HTTP.has(code)) return "split";
  if (code >= 300 && code < 500) return PASSING_HTTP.has(code) ? "retry" : "drop";
  return CLOSED_HTTP.has(code) ? "drop" : "retry";
}

/** The words of grpc-go and grpc-js. */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.message.includes("larger than max");
}

/** First wait after a failure; the OTLP exporters and the Collector wait seconds, too. */
const FIRST_BACKOFF_MS = 1_000;
/** Longest wait, the Collector's own: how late an exporter that is back is noticed. */
const LONGEST_BACKOFF_MS = 30_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, less up to half of it by chance, so that
 * services that lost their backend together do not come back together.
 */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  return longest * (1 - random / 2);
}
