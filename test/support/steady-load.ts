// A client without OpenTelemetry that sends requests at an even pace, whatever becomes of them.
import { EventEmitter, once } from "node:events";
import http, { type IncomingMessage, type RequestOptions } from "node:http";

/** One request. */
export interface Planned {
  /** Stands before what is wrong with it. @default nothing */
  readonly name?: string;
  readonly options: RequestOptions;
  /** Looks at the answer, whose body nobody reads: when its head has come, or when it is whole. */
  readonly head?: (response: IncomingMessage) => void;
  /** Says what is wrong with it, if anything. */
  readonly whole?: (response: IncomingMessage) => string | undefined;
}

/** How hard the load is, and what it is made of. */
export interface SteadyOptions {
  readonly perSecond: number;
  /** The request at this place in the order. */
  readonly plan: (place: number) => Planned;
  /** What there is no room for beside those in flight is left out and counted, or sent as soon as there is. */
  readonly overload: "left out" | "sent later";
  /** How long an answer may take. */
  readonly patienceMs: number;
  /** Told every few milliseconds since when it runs. */
  readonly tick?: (ms: number) => void;
}

const TICK_MS = 10;
const MOST_IN_FLIGHT = 64;

export class SteadyLoad {
  /** Requests that were not answered, or not as they should be, and how. */
  readonly broken: string[] = [];
  /** Requests that were left out. */
  left = 0;
  inFlight = 0;
  readonly #options: SteadyOptions;
  readonly #events = new EventEmitter();
  #timer: NodeJS.Timeout | undefined;
  #most = 0;
  #due = 0;
  #sent = 0;
  #done = 0;

  constructor(options: SteadyOptions) {
    this.#options = options;
  }

  /** Begins, and goes on until it is stopped or has sent so many. */
  start(most: number = Number.POSITIVE_INFINITY): void {
    this.#most = most;
    const start = performance.now();
    this.#timer = setInterval(() => {
      const ms = performance.now() - start;
      this.#options.tick?.(ms);
      this.#sendUntil(Math.min(Math.floor((ms * this.#options.perSecond) / 1000), this.#most));
    }, TICK_MS);
  }

  /** Sends no more. */
  halt(): void {
    clearInterval(this.#timer);
    this.#most = this.#due;
    this.#events.emit("done");
  }

  /** Sends no more; resolves when none is in flight. */
  async stop(): Promise<void> {
    this.halt();
    while (this.inFlight > 0) await once(this.#events, "done");
  }

  /** Resolves when all that was to be sent is over. */
  async ended(): Promise<void> {
    while (this.#due < this.#most || this.inFlight > 0) await once(this.#events, "done");
    this.halt();
  }

  /** Resolves when so many more requests are over. */
  async goOn(requests: number): Promise<void> {
    const until = this.#done + requests;
    while (this.#done < until) await once(this.#events, "done");
  }

  /** Sends one beside the pace. */
  send({ name = "", options, head, whole }: Planned): void {
    this.inFlight++;
    const done = (problem?: string): void => {
      if (problem !== undefined) this.broken.push(`${name}${name === "" ? "" : ": "}${problem}`);
      this.inFlight--;
      this.#done++;
      this.#events.emit("done");
    };
    let hasHead = false;
    const request = http.get(options, (response) => {
      hasHead = true;
      head?.(response);
      response.resume().once("error", () => {});
      response.once("close", () => done(response.complete ? whole?.(response) : "the answer broke off"));
    });
    request.setTimeout(this.#options.patienceMs, () => request.destroy(new Error("no answer")));
    request.once("error", (error) => {
      if (!hasHead) done(error.message);
    });
  }

  #sendUntil(due: number): void {
    for (; this.#due < due; this.#due++) {
      if (this.inFlight < MOST_IN_FLIGHT) this.send(this.#options.plan(this.#sent++));
      else if (this.#options.overload === "left out") this.left++;
      else return;
    }
  }
}
