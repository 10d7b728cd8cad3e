// Who asks the entry: a client without OpenTelemetry, at an even pace, with a token of its own and to both replicas in turn.
import { EventEmitter, once } from "node:events";
import http from "node:http";
import { REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";
import type { PeerAgent } from "./peer-agent.ts";
import { FIELD, keyOf, windowAt } from "./token.ts";

/** One request that was answered. */
export interface Answered {
  readonly requestId: string;
  /** What the services were made to do when it was sent. */
  readonly step: string;
  /** The value of `x-error-tree`. */
  readonly value: string | undefined;
}

export interface LoadOptions {
  /** Knows the replicas of the entry. */
  readonly agent: PeerAgent;
  /** Name of the entry. */
  readonly entry: string;
  readonly perSecond: number;
}

const MOST_IN_FLIGHT = 64;
const TICK_MS = 10;
const PATIENCE_MS = 20_000;

export class Load {
  /** The client's own `OTEL_ERROR_TREE_SECRET`. */
  secrets = "";
  step = "";
  readonly answered: Answered[] = [];
  /** Requests without an answer, and why. */
  readonly broken: string[] = [];
  /** Requests for which there was no room beside those in flight: the services could not keep pace. */
  left = 0;
  readonly #options: LoadOptions;
  readonly #events = new EventEmitter();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #inFlight = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    const start = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      const until = Math.floor(((performance.now() - start) * this.#options.perSecond) / 1000);
      for (; due < until; due++) {
        if (this.#inFlight < MOST_IN_FLIGHT) this.#send();
        else this.left++;
      }
    }, TICK_MS);
  }

  /** Resolves when so many more requests have been answered, or have come to nothing. */
  async goOn(requests: number): Promise<void> {
    const until = this.answered.length + this.broken.length + requests;
    while (this.answered.length + this.broken.length < until) await once(this.#events, "done");
  }

  /** Sends no more. */
  halt(): void {
    clearInterval(this.#timer);
  }

  /** Sends no more; resolves when none is in flight. */
  async stop(): Promise<void> {
    this.halt();
    while (this.#inFlight > 0) await once(this.#events, "done");
  }

  #send(): void {
    const { agent, entry } = this.#options;
    const { step } = this;
    const number = ++this.#sent;
    const requestId = `trust-${number}`;
    const ask = askOf(number, keyOf(this.secrets, windowAt(Date.now())));
    const headers = { [REQUEST_ID_HEADER]: requestId, [FIELD]: ask };
    this.#inFlight++;
    const done = (problem?: string): void => {
      if (problem !== undefined) this.broken.push(`${requestId}: ${problem}`);
      this.#inFlight--;
      this.#events.emit("done");
    };
    let hasHead = false;
    const request = http.get({ host: entry, agent, headers }, (response) => {
      hasHead = true;
      this.answered.push({ requestId, step, value: response.headers[FIELD]?.toString() });
      response.resume().once("error", () => {});
      response.once("close", () => done(response.complete ? undefined : "the answer broke off"));
    });
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error("no answer")));
    request.once("error", (error) => {
      if (!hasHead) done(error.message);
    });
  }
}

/** An ask as a service writes it; without a token where there is no key. */
export function askOf(id: number, key?: string): string {
  const ask = `v=1, id="${id.toString(16).padStart(16, "0")}", from="client"`;
  return key === undefined ? ask : `${ask}, k="${key}"`;
}
