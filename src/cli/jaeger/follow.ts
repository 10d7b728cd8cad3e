// New failing traces of a service as they come, each once and whole.
import { setTimeout } from "node:timers/promises";
import type { FoundTrace, JaegerApi } from "./jaeger-api.ts";
import { JaegerError } from "./jaeger-error.ts";

/** What is followed, and how. */
export interface FollowOptions {
  readonly jaeger: JaegerApi;
  readonly service: string;
  /** Milliseconds from one look to the next. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Prints a trace. */
  print(traceId: string): Promise<void>;
  /** Tells a person what happens. */
  say(text: string): void;
}

/** Most traces of one look, of which nearly all are known from the one before. */
const MOST_FOUND = 200;
/** Spans of a Collector's queue come late; those of a trace that is so old are not waited for. */
const WINDOW_MS = 60 * 60_000;
/** A trace that goes on for so long is printed as it stands. */
const MOST_WAITING_MS = 30_000;
/** So many traces are remembered as printed: all that a look can find, many times over. */
const MOST_REMEMBERED = 10_000;

/** A trace that may be growing still. */
interface Growing {
  spans: number;
  readonly sinceMs: number;
}

/** Follows until it is told to stop. */
export async function follow(options: FollowOptions, seen: Iterable<string>): Promise<void> {
  const follower = new Follower(options, seen);
  const { jaeger, intervalMs, signal, say } = options;
  let away = false;
  while (await isTimeOver(intervalMs, signal)) {
    try {
      await follower.look();
      if (away) say(`${jaeger.name} is there again`);
      away = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) throw error;
      if (!away) say(`${error.message}; asking on, every ${intervalMs / 1000} s`);
      away = true;
    }
  }
}

/** What one look finds. */
export function lookFor({
  jaeger,
  service,
  now,
}: Pick<FollowOptions, "jaeger" | "service" | "now">): Promise<FoundTrace[]> {
  return jaeger.failing(service, MOST_FOUND, now() - WINDOW_MS);
}

function isPassing(error: unknown): error is JaegerError {
  return error instanceof JaegerError && error.passing;
}

/** True when the time is over, false when it is the signal that came. */
async function isTimeOver(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    return await setTimeout(ms, true, { signal });
  } catch {
    return false;
  }
}

/** What is known from one look to the next. */
class Follower {
  readonly #options: FollowOptions;
  readonly #seen: Set<string>;
  readonly #growing = new Map<string, Growing>();

  constructor(options: FollowOptions, seen: Iterable<string>) {
    this.#options = options;
    this.#seen = new Set(seen);
  }

  /** Prints what has not grown since the last look. */
  async look(): Promise<void> {
    const { now, say } = this.#options;
    const found = await lookFor(this.#options);
    const isKnown = ({ traceId }: FoundTrace): boolean =>
      this.#seen.has(traceId) || this.#growing.has(traceId);
    if (found.length >= MOST_FOUND && !found.some(isKnown)) {
      say(`more than ${MOST_FOUND} traces failed since the last look: some of them are not shown`);
    }
    let fault: unknown;
    for (const traceId of this.#settle(found, now())) {
      try {
        await this.#options.print(traceId);
      } catch (error) {
        if (!isPassing(error) || this.#options.signal.aborted) throw error;
        fault ??= error;
        // The next look tries again, and keeps no other trace waiting.
        if (now() - (this.#growing.get(traceId)?.sinceMs ?? 0) < MOST_WAITING_MS) continue;
        say(`trace ${traceId} is not shown: ${error.message}`);
      }
      this.#growing.delete(traceId);
      this.#remember(traceId);
    }
    if (fault !== undefined) throw fault;
  }

  /** Those that are to be printed; the others are waited for. */
  #settle(found: readonly FoundTrace[], nowMs: number): string[] {
    const there = new Set(found.map(({ traceId }) => traceId));
    // Pushed out by newer ones: no later look tells of them.
    const settled = [...this.#growing.keys()].filter((traceId) => !there.has(traceId));
    for (const { traceId, spans } of found) {
      if (this.#seen.has(traceId)) continue;
      const growing = this.#growing.get(traceId);
      if (growing === undefined) this.#growing.set(traceId, { spans, sinceMs: nowMs });
      else if (growing.spans === spans || nowMs - growing.sinceMs >= MOST_WAITING_MS) settled.push(traceId);
      else growing.spans = spans;
    }
    return settled;
  }

  /** The longest known go: no look finds them any more. */
  #remember(traceId: string): void {
    this.#seen.add(traceId);
    if (this.#seen.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
  }
}
