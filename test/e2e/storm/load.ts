// Who asks the entry: a client without OpenTelemetry, at an even pace, half of whose requests fail.
import http, { type IncomingMessage } from "node:http";
import { createRandom } from "../../support/random.ts";
import { type Planned, SteadyLoad } from "../../support/steady-load.ts";
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
/** Rounds of requests before it begins: code that never ran is slow, and that is not what is measured. */
const WARM_UP_ROUNDS = 20;
const WARM_UP_REQUESTS = 16;
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
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #random = createRandom(7732);
  readonly #answered: Answered[] = [];
  #start = 0;
  #warmUp = 0;
  #known = 0;
  #toldMs = 0;
  readonly #requests: SteadyLoad;
  #end: () => void = () => {};

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#requests = new SteadyLoad({
      perSecond: options.perSecond,
      overload: "left out",
      patienceMs: LONG_MS * 2,
      plan: () => this.#planned(this.#choose()),
      tick: (ms) => this.#tick(ms),
    });
  }

  report(): LoadReport {
    const seconds = (performance.now() - this.#start) / 1000;
    const perSecond = (this.#answered.length - this.#warmUp) / seconds;
    const { broken, left } = this.#requests;
    return { answered: this.#answered, broken, seconds, perSecond, left };
  }

  async run(): Promise<void> {
    for (let round = 0; round < WARM_UP_ROUNDS && !this.#options.signal.aborted; round++) {
      for (let i = 0; i < WARM_UP_REQUESTS; i++)
        this.#requests.send(this.#planned(SCRIPTS.indexOf(this.#random.pick(FINE))));
      await this.#requests.stop();
    }
    this.#start = performance.now();
    this.#warmUp = this.#answered.length;
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#requests.start();
    });
    await this.#requests.stop();
    this.#agent.destroy();
  }

  #tick(ms: number): void {
    const { seconds, signal, progress } = this.#options;
    if (ms >= seconds * 1000 || signal.aborted) {
      this.#requests.halt();
      this.#end();
      return;
    }
    const stage = Math.floor((ms * STAGES) / (seconds * 1000));
    while (this.#known < FIRST_KINDS + stage) this.#requests.send(this.#planned(this.#known++));
    if (ms - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = ms;
    const rate = Math.round(((this.#answered.length - this.#warmUp) * 1000) / ms);
    progress(
      `${Math.round(ms / 1000)} s: ${this.#known} kinds, ${rate} requests/s, ${this.#requests.inFlight} in flight`,
    );
  }

  #choose(): number {
    if (this.#random.below(2) === 0) return this.#random.below(this.#known);
    const percent = this.#random.below(100);
    if (percent < REJECTED_PERCENT) return SCRIPTS.indexOf(REJECTED);
    if (percent < REJECTED_PERCENT + HANDLED_PERCENT) return SCRIPTS.indexOf(HANDLED);
    return SCRIPTS.indexOf(this.#random.pick(FINE));
  }

  #planned(script: number): Planned {
    const path = (SCRIPTS[script]?.route ?? "/").replace(":id", String(this.#random.below(100_000)));
    const { hostname, port } = new URL(this.#options.url);
    return {
      name: SCRIPTS[script]?.title ?? "",
      options: { hostname, port, path, agent: this.#agent, headers: { [SCRIPT_FIELD]: String(script) } },
      head: (response) => void this.#answered.push(answeredBy(script, response)),
    };
  }
}

function answeredBy(script: number, { statusCode = 0, headers }: IncomingMessage): Answered {
  const traceId = String(headers[TRACE_FIELD] ?? "");
  return { script, status: statusCode, traceId, at: Number(headers[AT_FIELD]) };
}
