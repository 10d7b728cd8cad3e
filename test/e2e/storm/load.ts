// Who asks the entry: a client without OpenTelemetry, at an even pace, half of whose requests fail.
import http, { type IncomingMessage } from "node:http";
import { createRandom } from "../../support/random.ts";
import {
  AT_FIELD,
  FAILURES,
  FINE,
  HANDLED,
  LONG_MS,
  REJECTED,
  SCRIPT_FIELD,
  SCRIPTS,
  TRACE_FIELD,
} from "./scripts.ts";

/** How long it blows, and how hard. */
export interface LoadOptions {
  readonly url: string;
  readonly seconds: number;
  readonly perSecond: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** Told now and then how far it is. */
  readonly progress: (line: string) => void;
}

/** One request that was answered. */
export interface Answered {
  /** Index of its script. */
  readonly script: number;
  readonly status: number;
  readonly traceId: string;
  /** When the entry answered, in milliseconds since the epoch. */
  readonly at: number;
}

/** What came of the load. */
export interface LoadReport {
  readonly answered: readonly Answered[];
  /** Requests without an answer, and why. */
  readonly broken: readonly string[];
  /** How long it took until the last one was answered. */
  readonly seconds: number;
  /** Requests a second, without those before it began. */
  readonly perSecond: number;
  /** Requests for which there was no room beside those in flight: the services could not keep pace. */
  readonly left: number;
}

/** A new kind of failure comes up twelve times; the rest is there from the start. */
export const STAGES = 12;
const FIRST_KINDS = FAILURES.length - STAGES + 1;
const MOST_IN_FLIGHT = 64;
/** Rounds of requests before it begins: code that never ran is slow, and that is not what is measured. */
const WARM_UP_ROUNDS = 20;
const WARM_UP_REQUESTS = 16;
const TICK_MS = 10;
const PROGRESS_MS = 5_000;
/** Of 100 requests that do not fail. */
const REJECTED_PERCENT = 5;
const HANDLED_PERCENT = 5;

/** Sends requests until the time is over and all of them are answered. */
export async function blow(options: LoadOptions): Promise<LoadReport> {
  const load = new Load(options);
  await load.run();
  return load.report();
}

class Load {
  readonly #options: LoadOptions;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });
  readonly #random = createRandom(7732);
  readonly #answered: Answered[] = [];
  readonly #broken: string[] = [];
  #start = 0;
  #warmUp = 0;
  #known = 0;
  #due = 0;
  #left = 0;
  #inFlight = 0;
  #toldMs = 0;
  #idle: () => void = () => {};
  #over = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  report(): LoadReport {
    const seconds = (performance.now() - this.#start) / 1000;
    const perSecond = (this.#answered.length - this.#warmUp) / seconds;
    return { answered: this.#answered, broken: this.#broken, seconds, perSecond, left: this.#left };
  }

  async run(): Promise<void> {
    for (let round = 0; round < WARM_UP_ROUNDS && !this.#options.signal.aborted; round++) {
      for (let i = 0; i < WARM_UP_REQUESTS; i++) this.#send(SCRIPTS.indexOf(this.#random.pick(FINE)));
      await this.#untilIdle();
    }
    this.#start = performance.now();
    this.#warmUp = this.#answered.length;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        this.#tick();
        if (!this.#over) return;
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
    await this.#untilIdle();
    this.#agent.destroy();
  }

  async #untilIdle(): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #tick(): void {
    const { seconds, perSecond, signal, progress } = this.#options;
    const ms = performance.now() - this.#start;
    if (ms >= seconds * 1000 || signal.aborted) {
      this.#over = true;
      return;
    }
    const stage = Math.floor((ms * STAGES) / (seconds * 1000));
    while (this.#known < FIRST_KINDS + stage) this.#send(this.#known++);
    const due = Math.floor((ms * perSecond) / 1000);
    for (; this.#due < due; this.#due++) {
      if (this.#inFlight < MOST_IN_FLIGHT) this.#send(this.#choose());
      else this.#left++;
    }
    if (ms - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = ms;
    const rate = Math.round(((this.#answered.length - this.#warmUp) * 1000) / ms);
    progress(
      `${Math.round(ms / 1000)} s: ${this.#known} kinds, ${rate} requests/s, ${this.#inFlight} in flight`,
    );
  }

  #choose(): number {
    if (this.#random.below(2) === 0) return this.#random.below(this.#known);
    const percent = this.#random.below(100);
    if (percent < REJECTED_PERCENT) return SCRIPTS.indexOf(REJECTED);
    if (percent < REJECTED_PERCENT + HANDLED_PERCENT) return SCRIPTS.indexOf(HANDLED);
    return SCRIPTS.indexOf(this.#random.pick(FINE));
  }

  #send(script: number): void {
    const path = (SCRIPTS[script]?.route ?? "/").replace(":id", String(this.#random.below(100_000)));
    this.#inFlight++;
    const done = (problem?: string): void => {
      if (problem !== undefined) this.#broken.push(`${SCRIPTS[script]?.title}: ${problem}`);
      this.#inFlight--;
      if (this.#inFlight === 0) this.#idle();
    };
    const { url } = this.#options;
    const headers = { [SCRIPT_FIELD]: String(script) };
    let hasHead = false;
    const request = http.get(url + path, { agent: this.#agent, headers }, (response) => {
      hasHead = true;
      this.#answered.push(answeredBy(script, response));
      response.resume();
      response.once("error", () => {});
      response.once("close", () => done(response.complete ? undefined : "the answer broke off"));
    });
    request.setTimeout(LONG_MS * 2, () => request.destroy(new Error("no answer")));
    request.once("error", (error) => {
      if (!hasHead) done(error.message);
    });
  }
}

function answeredBy(script: number, { statusCode = 0, headers }: IncomingMessage): Answered {
  const traceId = String(headers[TRACE_FIELD] ?? "");
  return { script, status: statusCode, traceId, at: Number(headers[AT_FIELD]) };
}
