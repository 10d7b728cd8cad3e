// Exports what is left before the process ends, within a limit.
import type { NodeSDK } from "@opentelemetry/sdk-node";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import type { ProcessEnd } from "../setup/parts.ts";

/**
 * How long the end of a process is held up, in milliseconds. Whoever sends a signal waits at least so long before SIGKILL: pm2 1.6 s,
 * Docker 10 s, Kubernetes 30 s.
 */
export const FLUSH_LIMIT_MS = 1_500;

/** If a backend takes nothing, or requests fail faster than they are exported, something waits however often that is tried. */
const MOST_ROUNDS = 8;

/** What can be flushed. */
interface Flushable {
  forceFlush?(): Promise<unknown>;
}

/** The providers that NodeSDK keeps to itself. */
interface Providers {
  readonly _meterProvider?: Flushable;
  readonly _loggerProvider?: Flushable;
}

/** Sees whether spans have ended. */
export class SpansEnded implements SpanProcessor {
  any = false;

  onStart(): void {}

  onEnd(): void {
    this.any = true;
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** All that is exported by one SDK. Nothing here throws or rejects. */
export class Flush {
  readonly #sdk: NodeSDK;
  readonly #processors: readonly SpanProcessor[];
  readonly #spans: SpansEnded;
  readonly #end: ProcessEnd | undefined;

  /** `spans` is registered like the other processors. */
  constructor(
    sdk: NodeSDK,
    processors: readonly SpanProcessor[],
    spans: SpansEnded,
    end: ProcessEnd | undefined,
  ) {
    this.#sdk = sdk;
    this.#processors = processors;
    this.#spans = spans;
    this.#end = end;
  }

  /** True if spans have ended since {@link forget}. */
  get hasSpans(): boolean {
    return this.#spans.any;
  }

  forget(): void {
    this.#spans.any = false;
  }

  /** Resolves when all is exported, and at the limit in milliseconds: with false then. */
  all(limitMs: number = FLUSH_LIMIT_MS): Promise<boolean> {
    const { _meterProvider, _loggerProvider } = this.#sdk as unknown as Providers;
    return inTime([...this.#processors, _meterProvider, _loggerProvider], limitMs);
  }

  /**
   * The same for a process that a signal ends: also of the requests in flight, and what could not be exported goes to the spool. The
   * process answers meanwhile, so what has failed by then is exported too. To be called when nothing else holds the process up: it
   * has to end in the turn in which this resolves.
   */
  async last(): Promise<void> {
    const end = performance.now() + FLUSH_LIMIT_MS;
    let isDone = true;
    let isWaiting = this.#end?.cutOff() ?? false;
    // For requests that went well meanwhile, which are counted too, only once more: under load there are always some.
    const isLeft = (round: number): boolean => round === 0 || isWaiting || (round === 1 && this.hasSpans);
    for (let round = 0; round < MOST_ROUNDS && isDone && isLeft(round); round++) {
      this.forget();
      isDone = await this.all(end - performance.now());
      isWaiting = this.#end?.cutOff() ?? false;
    }
    if (!isDone || isWaiting) this.#end?.save();
  }
}

/** Flushes; true if that was done within the limit. */
async function inTime(all: readonly (Flushable | undefined)[], limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const isDone = await Promise.race([Promise.all(all.map(flushed)).then(() => true), limit]);
  clearTimeout(timer);
  return isDone;
}

async function flushed(one: Flushable | undefined): Promise<void> {
  try {
    await one?.forceFlush?.();
  } catch {
    // It has been logged where it failed.
  }
}
