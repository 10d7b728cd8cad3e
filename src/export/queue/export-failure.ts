// Decides what to do after a failed export, and how long to wait before the next one.

/**
 * `retry`: a later export may succeed. `split`: the receiver refuses something in the batch, and may take the rest. `drop`: the
 * receiver refuses this exporter, whatever it sends.
 */
export type Remedy = "retry" | "split" | "drop";

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
/** gRPC codes that no later export will change: not-found, already-exists, permission-denied, … */
const FINAL_GRPC: ReadonlySet<number> = new Set([5, 6, 7, 9, 12, 16]);
const LAST_GRPC = 16;
/** HTTP statuses of the 4xx class that are temporary: timeout, too early, too many requests. */
const TEMPORARY_HTTP: ReadonlySet<number> = new Set([408, 425, 429]);
/** HTTP statuses about what was sent: malformed, too large. */
const CONTENT_HTTP: ReadonlySet<number> = new Set([400, 413]);
/** HTTP statuses of the 5xx class that no later export will change: not implemented, version not supported. */
const FINAL_HTTP: ReadonlySet<number> = new Set([501, 505]);

/**
 * Judges an error by its `code`, in which the OTLP exporters leave an HTTP status or a gRPC code. Over HTTP they have already
 * repeated 429, 502, 503, 504 and network errors for as long as their own timeout (10 s by default), as Retry-After said, and
 * leave no code then; over gRPC nothing was repeated. Without a code it is worth another try: a refused connection, a
 * timeout, an exporter that threw. So is a 500, although OTLP says not to repeat it: overloaded backends and the proxies
 * before them answer so, and these spans explain the incident.
 */
export function remedyFor(error: unknown): Remedy {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== "number") return "retry";
  if (code <= LAST_GRPC) {
    if (code === INVALID_ARGUMENT) return "split";
    // The code of a quota, which recovers, and of a message that is too large for the receiver.
    if (code === RESOURCE_EXHAUSTED) return isTooLarge(error) ? "split" : "retry";
    return FINAL_GRPC.has(code) ? "drop" : "retry";
  }
  if (CONTENT_HTTP.has(code)) return "split";
  if (code >= 300 && code < 500) return TEMPORARY_HTTP.has(code) ? "retry" : "drop";
  return FINAL_HTTP.has(code) ? "drop" : "retry";
}

/** By the message of grpc-go and grpc-js. */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.message.includes("larger than max");
}

/** First wait after a failure; the OTLP exporters and the Collector wait for seconds, too. */
const FIRST_BACKOFF_MS = 1_000;
/** Longest wait, the same as the Collector's: an exporter that recovered is noticed so late. */
const LONGEST_BACKOFF_MS = 30_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, minus a random part of up to half, so that
 * services that lost their backend at one moment do not all retry at one moment.
 */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  return longest * (1 - random / 2);
}
