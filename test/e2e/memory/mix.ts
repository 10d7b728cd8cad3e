// What the clients ask for: every kind of request, how often it comes, and what its client does with the response.
import { createRandom, type Random } from "../../support/random.ts";

/** The last byte of every body: whoever counts these needs to know nothing of HTTP. */
export const END = "\u0004";
/** The most spans of one request, so that a few requests with more of them show what happens then. */
export const MAX_SPANS = 64;
/** The most requests in flight, and the leaked jobs that one request begins: more than fit. */
export const MAX_FRAGMENTS = 3_000;
export const LEAKED_JOBS = 3_500;

/** What a client does. Whoever waits for the whole response shares its connection with others. */
export type Manner =
  | "waits"
  | "leaves in its request"
  | "leaves before the head"
  | "leaves in the body"
  | "leaves others waiting"
  | "is left";

/** What a request says of its trace. */
export type Trace = "none" | "asks" | "asks, refused" | "asks, malformed" | "own" | "repeated" | "sampled";

/** One kind of request. */
export interface Kind {
  readonly path: string;
  /** How many of 1,000 requests. */
  readonly share: number;
  readonly manner: Manner;
}

const waits = (path: string, share: number): Kind => ({ path, share, manner: "waits" });

/** All kinds; the shares make 1,000. */
export const KINDS: readonly Kind[] = [
  waits("/ok/plain", 330),
  waits("/ok/spans", 133),
  waits("/ok/call", 25),
  waits("/ok/fetch", 10),
  waits("/ok/upload", 20),
  waits("/ok/stream", 20),
  waits("/ok/many-spans", 2),
  waits("/failed/plain", 60),
  waits("/failed/silent", 30),
  waits("/failed/novel", 20),
  waits("/failed/said", 20),
  waits("/failed/in-stream", 20),
  waits("/failed/many-spans", 2),
  waits("/failed/beneath", 15),
  waits("/failed/beneath-fetch", 7),
  waits("/handled/beneath", 10),
  waits("/rejected/plain", 30),
  waits("/leaked/child", 50),
  waits("/leaked/failed-child", 15),
  waits("/leaked/beneath-failure", 15),
  waits("/leaked/consumer", 10),
  waits("/late/child", 30),
  waits("/late/failed-child", 20),
  waits("/late/begun", 15),
  waits("/late/begun-leaked", 10),
  waits("/call/unread", 5),
  waits("/call/unread-fetch", 4),
  waits("/call/timeout", 6),
  waits("/call/refused", 4),
  waits("/call/broken", 4),
  waits("/call/foreign", 4),
  waits("/call/malformed", 4),
  { path: "/slow/head", share: 10, manner: "leaves before the head" },
  { path: "/ok/upload", share: 8, manner: "leaves in its request" },
  { path: "/slow/body", share: 8, manner: "leaves in the body" },
  { path: "/slow/pipelined", share: 4, manner: "leaves others waiting" },
  { path: "/destroyed/before-head", share: 8, manner: "is left" },
  { path: "/destroyed/in-body", share: 8, manner: "is left" },
  { path: "/destroyed/with-child", share: 4, manner: "is left" },
];

/** Requests that begin more jobs than are kept at one time come once in so many others. */
export const JOBS_EVERY = 10_000;
export const JOBS: Kind = waits("/leaked/jobs", 0);

const TRACES: readonly Trace[] = [
  ...new Array<Trace>(8).fill("none"),
  ...new Array<Trace>(6).fill("asks"),
  "asks, refused",
  "asks, malformed",
  "own",
  "own",
  "repeated",
  "repeated",
  "sampled",
];
const REPEATED_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const REPEATED_SPAN = "00f067aa0ba902b7";

/** Chooses requests by their shares; the same ones for every service that is given the same seed. */
export class Mix {
  readonly #random: Random;
  /** A kind for each thousandth. */
  readonly #kinds = KINDS.flatMap((kind) => new Array<Kind>(kind.share).fill(kind));
  #chosen = 0;

  constructor(seed: number) {
    this.#random = createRandom(seed);
    if (this.#kinds.length !== 1_000) throw new Error(`the shares make ${this.#kinds.length}, not 1000`);
  }

  next(): Kind {
    return ++this.#chosen % JOBS_EVERY === 0 ? JOBS : this.#random.pick(this.#kinds);
  }

  /** The request on the wire. */
  textOf({ path, manner }: Kind): string {
    const url = path === "/failed/novel" ? `${path}?${this.#word()}` : path;
    const head = `HTTP/1.1\r\nhost: 127.0.0.1\r\n${this.#traceFields(this.#random.pick(TRACES))}`;
    if (path !== "/ok/upload") return `GET ${url} ${head}\r\n`;
    const body = "x".repeat(manner === "waits" ? 400 : 10);
    return `POST ${url} ${head}content-length: 400\r\n\r\n${body}`;
  }

  /** True in half of all cases. */
  coin(): boolean {
    return this.#random.below(2) === 0;
  }

  #traceFields(trace: Trace): string {
    const span = this.#hex(16);
    const ask = `x-error-tree: v=1, id="${span}", from="client"\r\n`;
    switch (trace) {
      case "none":
        return "";
      case "asks":
        return traceparent(this.#hex(32), span) + ask;
      case "asks, refused":
        return `${traceparent(this.#hex(32), span)}${ask}x-forwarded-for: 192.0.2.1\r\n`;
      case "asks, malformed":
        return `${traceparent(this.#hex(32), span)}x-error-tree: v=1, id="${this.#word()}\r\n`;
      case "own":
        return traceparent(this.#hex(32), span);
      case "repeated":
        return traceparent(REPEATED_TRACE, REPEATED_SPAN);
      case "sampled":
        return traceparent(this.#hex(32), span, "01");
      default:
        return trace satisfies never;
    }
  }

  #hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += (this.#random.below(0xffff_ffff) + 1).toString(16).padStart(8, "0");
    return text;
  }

  /** Letters alone: digits would make it no name of its own. */
  #word(): string {
    let word = "";
    while (word.length < 8) word += String.fromCharCode(0x67 + this.#random.below(20));
    return word;
  }
}

function traceparent(traceId: string, spanId: string, flags = "00"): string {
  return `traceparent: 00-${traceId}-${spanId}-${flags}\r\n`;
}
