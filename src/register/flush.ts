// Exports what is left before the process ends, within a limit.
import type { NodeSDK } from "@opentelemetry/sdk-node";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import type { ProcessEnd } from "../setup/parts.ts";

/**
 * How long the end of a process is held up, in milliseconds. Whoever sends a signal waits at least so long before SIGKILL: pm2 1.6 s,
 * Docker 10 s, Kubernetes 30 s.
 */
export const FLUSH_LIMIT_MS = 1_500;

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
  async all(limitMs: number = FLUSH_LIMIT_MS): Promise<boolean> {
    const { _meterProvider, _loggerProvider } = this.#sdk as unknown as Providers;
    const all = [...this.#processors, _meterProvider, _loggerProvider].map(flushed);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, limitMs, false);
    });
    const inTime = await Promise.race([Promise.all(all).then(() => true), limit]);
    clearTimeout(timer);
    return inTime;
  }

  /** The same for a process that a signal ends: also of the requests in flight, and what could not be exported goes to the spool. */
  async last(): Promise<void> {
    this.#end?.cutOff();
    if (!(await this.all())) this.#end?.save();
  }
}

async function flushed(one: Flushable | undefined): Promise<void> {
  try {
    await one?.forceFlush?.();
  } catch {
    // It has been logged where it failed.
  }
}
