// A client without OpenTelemetry that asks the chain at an even pace, whatever happens behind it, and remembers each answer.
import type { IncomingMessage } from "node:http";
import { SteadyLoad } from "../../support/steady-load.ts";
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

const ANSWER_TIMEOUT_MS = 30_000;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** The load, and what was answered. */
export class ChainLoad {
  /** In the order of the answers. */
  readonly answered: Answered[] = [];
  readonly failed: Failed[] = [];
  readonly requests: SteadyLoad;
  readonly #options: LoadOptions;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.requests = new SteadyLoad({
      perSecond: options.perSecond,
      overload: "sent later",
      patienceMs: ANSWER_TIMEOUT_MS,
      plan: (place) => {
        const failing = this.#failingAt(place);
        const { hostname, port, pathname, search } = new URL(pathOf(place % 100_000, failing), options.url);
        return {
          options: { hostname, port, path: pathname + search, agent: false },
          whole: (response) => this.#note(response, failing),
        };
      },
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
