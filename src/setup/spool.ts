// Joins a spool with the pipeline, the export side and the end of the process.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import type { ForcedExport } from "../export/forced-export.ts";
import { watchSentRequests } from "../export/queue/sent-requests.ts";
import type { Health } from "../health/health.ts";
import { absolutePath } from "../options/absolute-path.ts";
import type { Complain } from "../options/environment.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { watchEnd } from "../spool/last-moments.ts";
import { Spool } from "../spool/spool.ts";
import { type Exports, isInBundle, load } from "./packages.ts";

/** What is joined. */
interface SpoolSetUp {
  readonly pipeline: Pick<Pipeline, "end">;
  readonly exports: ForcedExport;
  readonly health: Health;
  readonly clock: Clock;
}

/** A spool that runs. */
export interface RunningSpool {
  /** Takes no more files; resolves when the export of one has ended. */
  close(): Promise<void>;
  /** Writes what failed and is not exported yet. Synchronous, for the last moment of a process. */
  save(): void;
  /** Looks no more at the end of the process: nothing is left to write. */
  release(): void;
}

/**
 * Starts a spool in this folder. `undefined` if the SDK's serializer cannot be found, which goes to `complain`.
 */
export function startSpool(
  folder: string,
  { pipeline, exports, health, clock }: SpoolSetUp,
  complain: Complain,
): RunningSpool | undefined {
  const serialize = jsonSerializer(complain);
  if (serialize === undefined) return undefined;
  const spool = new Spool({
    folder: absolutePath(folder),
    health,
    clock,
    serialize,
    send: (target, spans) => exports.resend(target, spans),
  });
  const stopWatching = watchSentRequests();
  const save = (): void => {
    try {
      pipeline.end.finish();
      spool.write(exports.takeAll());
    } catch (error) {
      health.failed("the end of the process", error);
    }
  };
  const release = watchEnd({ threw: (error) => pipeline.end.threw(error), ends: save });
  return {
    close: () => spool.close(),
    save,
    release() {
      release();
      stopWatching();
    },
  };
}

interface Serializer {
  serializeRequest(spans: readonly ReadableSpan[]): Uint8Array | undefined;
}

/** The serializer of the SDK's exporters: loaded when the process starts, because nothing can be loaded when it ends. */
export function jsonSerializer(
  complain: Complain,
): ((spans: readonly ReadableSpan[]) => Uint8Array) | undefined {
  const packages = ["@opentelemetry/exporter-trace-otlp-http", "@opentelemetry/otlp-transformer"] as const;
  let json: Serializer | undefined;
  const take = (exports: Exports): void => {
    json = exports.JsonTraceSerializer as Serializer;
  };
  const miss = (): void =>
    complain(
      `a spool folder is named, but the package ${packages[1]} is ${isInBundle() ? "neither installed nor in the bundle" : "not installed"}; nothing is written there`,
    );
  try {
    take(load(...packages));
  } catch {
    if (!isInBundle()) {
      miss();
      return undefined;
    }
    void takeBundled(take, miss);
  }
  return (spans) => {
    const line = json?.serializeRequest(spans);
    if (line === undefined) throw new TypeError("spans that cannot be written");
    return line;
  };
}

/** Bundlers follow the specifier, and do not mind in a `try` that the package is not there. */
async function takeBundled(take: (exports: Exports) => void, miss: () => void): Promise<void> {
  try {
    take(await import(/* webpackChunkName: "otel-error-tree" */ "@opentelemetry/otlp-transformer"));
  } catch {
    miss();
  }
}
