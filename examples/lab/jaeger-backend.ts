// The real pipeline as the lab's backend: a Collector with Jaeger behind it, started for the lab or running already.
import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.ts";
import { LabError } from "./lab-error.ts";
import { readTrace, type StoredSpan, untilTrace } from "./stored-span.ts";

/** `npm run pipeline`, a program of its own. */
const PIPELINE = fileURLToPath(new URL("../../collector-config/run/main.ts", import.meta.url));

/** Starts a Collector and a Jaeger from .tools/, on free ports; what they keep is gone with them. */
export async function startJaegerBackend(): Promise<JaegerBackend> {
  // A group of its own: on Ctrl-C it has to wait until the services have exported what they have.
  const pipeline = fork(PIPELINE, { stdio: ["ignore", "ignore", "pipe", "ipc"], detached: true });
  const problems = text(pipeline.stderr as NodeJS.ReadableStream & AsyncIterable<string>);
  const ended = once(pipeline, "exit");
  const [told] = await Promise.race([once(pipeline, "message"), ended.then(() => [undefined])]);
  if (told === undefined) throw new LabError((await problems).trim());
  const { otlpUrl, queryUrl } = told as Readonly<Record<"otlpUrl" | "queryUrl", string>>;
  return new JaegerBackend(otlpUrl, queryUrl, false, async () => {
    if (pipeline.connected) pipeline.disconnect();
    await ended;
  });
}

/** Uses what is running; throws a {@link LabError} where one of the two does not answer. */
export async function findJaegerBackend(url: string, queryUrl: string): Promise<JaegerBackend> {
  await expectAnswer("Jaeger's query API", `${queryUrl}/api/v3/services`);
  await expectAnswer("OTLP over HTTP", `${url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  return new JaegerBackend(url, queryUrl, true);
}

/** A Jaeger that is asked over its v3 API, and what stands before it. */
export class JaegerBackend implements Backend {
  readonly url: string;
  readonly protocol = "http/protobuf";
  /** Base URL of the query API. */
  readonly queryUrl: string;
  readonly #hasPage: boolean;
  readonly #stop: () => Promise<void>;

  constructor(url: string, queryUrl: string, hasPage: boolean, stop: () => Promise<void> = async () => {}) {
    this.url = url;
    this.queryUrl = queryUrl;
    this.#hasPage = hasPage;
    this.#stop = stop;
  }

  get addresses(): Readonly<Record<string, string>> {
    return { otlp: `${this.url}/v1/traces`, jaeger: `${this.queryUrl}/api/v3/traces/{id}` };
  }

  spansOf(traceId: string): Promise<StoredSpan[]> {
    return readTrace(this.queryUrl, traceId);
  }

  async waitForSpans(traceId: string, count: number, timeoutMs: number): Promise<StoredSpan[]> {
    // What is there in the end is what counts.
    await untilTrace(this.queryUrl, traceId, count, timeoutMs).catch(() => {});
    return await this.spansOf(traceId);
  }

  /** The image has a web page; what npm run tools builds has none. */
  lookAt(traceId: string): readonly string[] {
    const render = `npm run -s cli -- render --jaeger ${this.queryUrl} --trace ${traceId}`;
    return this.#hasPage ? [render, `${this.queryUrl}/trace/${traceId}`] : [render];
  }

  close(): Promise<void> {
    return this.#stop();
  }
}

/** Both answer in JSON, whatever they have to say; a web page does not. */
async function expectAnswer(what: string, url: string, init: RequestInit = {}): Promise<void> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    JSON.parse(body);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new LabError(`${what} is not at ${url}: ${cause instanceof Error ? cause.message : message}`);
  }
}
