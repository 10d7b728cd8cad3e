// Follows a service: prints its new failing traces as they come, each of them once and whole.
import { setTimeout } from "node:timers/promises";
import { BackendError } from "../backend/backend-error.ts";
import type { FoundTrace, JaegerApi } from "./jaeger-api.ts";

/** What is followed, and how. */
export interface FollowOptions {
  readonly jaeger: JaegerApi;
  readonly service: string;
  /** Milliseconds from one search to the next. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Prints a trace. */
  print(traceId: string): Promise<void>;
  /** Says to the user what happens. */
  say(text: string): void;
}

/** Most traces of one search; nearly all are known from the search before. */
const MOST_FOUND = 200;
/** Spans in a Collector's queue come late, but no more are waited for if a trace is this old. */
const WINDOW_MS = 60 * 60_000;
/** A trace that goes on for longer is printed as it is. */
const MOST_WAITING_MS = 30_000;
/** How many printed traces are remembered: many times what one search can find. */
const MOST_REMEMBERED = 10_000;

/** A trace that may still grow. */
interface Growing {
  spans: number;
  readonly sinceMs: number;
}

/** Follows until the signal ends it. */
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

/** What one search finds. */
export function lookFor({
  jaeger,
  service,
  now,
}: Pick<FollowOptions, "jaeger" | "service" | "now">): Promise<FoundTrace[]> {
  return jaeger.failing(service, MOST_FOUND, now() - WINDOW_MS);
}

function isPassing(error: unknown): error is BackendError {
  return error instanceof BackendError && error.passing;
}

/** True if the time is over, false if the signal came first. */
async function isTimeOver(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    return await setTimeout(ms, true, { signal });
  } catch {
    return false;
  }
}

/** What is known from one search to the next. */
class Follower {
  readonly #options: FollowOptions;
  readonly #seen: Set<string>;
  readonly #growing = new Map<string, Growing>();

  constructor(options: FollowOptions, seen: Iterable<string>) {
    this.#options = options;
    this.#seen = new Set(seen);
  }

  /** Prints traces that have not grown since the last search. */
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
        // The next search tries again; other traces do not wait for it.
        if (now() - (this.#growing.get(traceId)?.sinceMs ?? 0) < MOST_WAITING_MS) continue;
        say(`trace ${traceId} is not shown: ${error.message}`);
      }
      this.#growing.delete(traceId);
      this.#remember(traceId);
    }
    if (fault !== undefined) throw fault;
  }

  /** The traces to be printed now; the others have to wait. */
  #settle(found: readonly FoundTrace[], nowMs: number): string[] {
    const there = new Set(found.map(({ traceId }) => traceId));
    // Pushed out by newer traces: no later search will find them.
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

  /** Forgets the oldest: no search finds them any more. */
  #remember(traceId: string): void {
    this.#seen.add(traceId);
    if (this.#seen.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
  }
}
