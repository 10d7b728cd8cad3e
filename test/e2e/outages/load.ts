// A client without OpenTelemetry that asks the chain at an even pace, whatever happens behind it, and remembers each answer.
import http, { type IncomingMessage } from "node:http";
import { CHAIN, type ChainName, pathOf, SAMPLED_FIELD, TRACE_FIELD } from "./chain.ts";

/** Whom to ask, and how hard. */
export interface LoadOptions {
  /** Base URL of the entry. */
  readonly url: string;
  readonly perSecond: number;
  /** Of a hundred requests so many fail, evenly spread; a whole number. */
  readonly failingPercent: number;
}

/** One request that was answered as it should be. */
export interface Answered {
  readonly traceId: string;
  /** The head sampler of the entry took the trace. */
  readonly sampled: boolean;
  /** Absent where the request went well. */
  readonly failing: ChainName | undefined;
}

/** One request that failed, as it should. */
export type Failed = Answered & { readonly failing: ChainName };

const TICK_MS = 10;
const MOST_IN_FLIGHT = 64;
const ANSWER_TIMEOUT_MS = 30_000;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** A load that goes on until it is stopped, or has sent what it was told to. */
export class SteadyLoad {
  /** In the order of the answers. */
  readonly answered: Answered[] = [];
  readonly failed: Failed[] = [];
  /** Requests that were not answered, or not as they should be, and how. */
  readonly broken: string[] = [];
  readonly #options: LoadOptions;
  #requests = 0;
  #sent = 0;
  #inFlight = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Sends so many requests, or until it is stopped; resolves when all of them are answered. To be called once. */
  async run(requests: number = Number.POSITIVE_INFINITY): Promise<void> {
    this.#requests = requests;
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.floor(((performance.now() - start) * this.#options.perSecond) / 1000);
        // What the services cannot keep up with is sent later, none is left out.
        while (this.#sent < Math.min(due, this.#requests) && this.#inFlight < MOST_IN_FLIGHT) this.#send();
        if (this.#sent < this.#requests || this.#inFlight > 0) return;
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
  }

  /** Sends no more. */
  stop(): void {
    this.#requests = this.#sent;
  }

  #send(): void {
    const place = this.#sent++;
    const failing = this.#failingAt(place);
    this.#inFlight++;
    let hasHead = false;
    const done = (problem?: string): void => {
      this.#inFlight--;
      if (problem !== undefined) this.broken.push(problem);
    };
    const request = http.get(
      this.#options.url + pathOf(place % 100_000, failing),
      { agent: false },
      (response) => {
        hasHead = true;
        response.resume();
        response.once("error", () => {});
        response.once("close", () => {
          done(response.complete ? this.#note(response, failing) : "the answer broke off");
        });
      },
    );
    request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error("no answer")));
    request.once("error", (error) => {
      if (!hasHead) done(error.message);
    });
  }

  /** The last of a hundred requests fails where any does; the services take turns. */
  #failingAt(place: number): ChainName | undefined {
    const failuresUpTo = (count: number): number => Math.floor((count * this.#options.failingPercent) / 100);
    const before = failuresUpTo(place);
    return failuresUpTo(place + 1) > before ? CHAIN[before % CHAIN.length] : undefined;
  }

  /** What is wrong with the answer, if anything. */
  #note({ statusCode, headers }: IncomingMessage, failing: ChainName | undefined): string | undefined {
    const expected = failing === undefined ? 200 : failing === CHAIN[0] ? 500 : 502;
    const traceId = String(headers[TRACE_FIELD]);
    if (statusCode !== expected) return `status ${statusCode} instead of ${expected}`;
    if (!TRACE_ID.test(traceId)) return `no trace id: ${traceId}`;
    const answered = { traceId, sampled: headers[SAMPLED_FIELD] === "true", failing };
    this.answered.push(answered);
    if (failing !== undefined) this.failed.push({ ...answered, failing });
    return undefined;
  }
}
