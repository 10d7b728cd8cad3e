// Sends the requests that examine one URL: always three, and up to four more if these leave a question.

import { printable } from "../../tree/format.ts";
import type { ErrorTree } from "../../tree/tree.ts";
import { KeyRing, WINDOW_MS } from "../../trust/key-ring.ts";
import type { Secret } from "../../trust/secrets.ts";
import { type Asked, type AskKind, newAsk, newIgnoredAsk, newTrace } from "./ask.ts";
import { isResponse, type NoResponse, type Response, send, type Target } from "./exchange.ts";
import { answerIn, clockAheadMs, type FieldReading, variesByAsk } from "./read-response.ts";

/** One request and its response. */
export interface Probe {
  readonly asked: Asked;
  readonly reply: Response | NoResponse;
  /** `none` if there was no response. */
  readonly answer: FieldReading;
}

/** Another way to ask, which is tried if the ordinary asks were not answered. */
export interface Attempt extends Probe {
  /** The key that it was made with. */
  readonly keyId: string | undefined;
  /** How many milliseconds the clock of the token was ahead of ours. */
  readonly aheadMs: number;
}

/** What the requests to one URL showed, without any judgement. */
export interface Examination {
  readonly target: Target;
  /** Requests that were sent. */
  readonly sent: number;
  /** An ask as services send it. */
  readonly first: Probe;
  /** The same with another id; absent if there was no connection. */
  readonly second?: Probe;
  /** A request without an ask; the first request if there was no connection. */
  readonly plain: Probe;
  /** Id of the key that the asks were made with. */
  readonly keyId: string | undefined;
  /** Further asks, and a field that every service ignores, sent if asks get another status than the plain request. */
  readonly third?: Probe;
  readonly ignored?: Probe;
  /** With a wrong key, sent if the asks were answered: does the token matter? */
  readonly keyless?: Probe;
  /** In the order in which they were sent, up to the first one that was answered. */
  readonly attempts: readonly Attempt[];
}

/** A malformed key: no secret makes it. A service logs only the first refusal of each kind, and this kind matters least. */
const NO_KEY = "none";
const NO_KEY_REMARK = ", with a false key on purpose";
/** If clocks are 5 to 25 minutes apart, a token of three windows from now is accepted although one of now is not. */
export const FAR_MS: number = 3 * WINDOW_MS;

/** Sends the requests, one after the other. */
export async function examine(
  target: Target,
  secrets: readonly Secret[],
  now: () => number,
): Promise<Examination> {
  const examiner = new Examiner(target, secrets, now);
  return await examiner.run();
}

class Examiner {
  readonly #target: Target;
  readonly #secrets: readonly Secret[];
  readonly #now: () => number;
  #sent = 0;

  constructor(target: Target, secrets: readonly Secret[], now: () => number) {
    this.#target = target;
    this.#secrets = secrets;
    this.#now = now;
  }

  async run(): Promise<Examination> {
    const [secret] = this.#secrets;
    const key = this.#keyOf(secret, 0);
    // The ask goes first: otherwise a cache could answer it with the stored plain response.
    const first = await this.#ask({ key });
    if (!isResponse(first.reply) && !first.reply.sent) return this.#examination(first, first, {});
    // For JSON: such an answer comes with the trace even if nothing failed.
    const second = await this.#ask({ key, json: true });
    const plain = await this.#probe(newTrace());
    const probes = [first, second, plain];
    if (!probes.some(({ reply }) => isResponse(reply))) return this.#examination(first, plain, { second });
    if (isApart(first, plain) && isApart(second, plain)) {
      return this.#examination(first, plain, { second, ...(await this.#whyApart(key)) });
    }
    if (first.answer.kind === "own" || second.answer.kind === "own") {
      if (secret === undefined) return this.#examination(first, plain, { second });
      const keyless = await this.#ask({ key: NO_KEY, remark: NO_KEY_REMARK });
      return this.#examination(first, plain, { second, keyless });
    }
    if (first.answer.kind !== "none" || second.answer.kind !== "none") {
      return this.#examination(first, plain, { second });
    }
    return this.#examination(first, plain, { second, attempts: await this.#attempts(first, plain) });
  }

  async #whyApart(key: string | undefined): Promise<Pick<Examination, "third" | "ignored">> {
    return { third: await this.#ask({ key }), ignored: await this.#probe(newIgnoredAsk()) };
  }

  /** Asks for JSON, to which every answer says `Vary`: first as before, then with the other key, then by other clocks. */
  async #attempts(first: Probe, plain: Probe): Promise<Attempt[]> {
    const [secret, other] = this.#secrets;
    const ahead = isResponse(first.reply) ? (clockAheadMs(first.reply) ?? 0) : 0;
    const shifts = Math.abs(ahead) > WINDOW_MS ? [ahead] : [FAR_MS, -FAR_MS];
    const ways: [Secret | undefined, number][] = [[secret, 0]];
    if (other !== undefined) ways.push([other, 0]);
    if (secret !== undefined) for (const shift of shifts) ways.push([secret, shift]);
    const attempts: Attempt[] = [];
    for (const [way, aheadMs] of ways) {
      const probe = await this.#ask({ key: this.#keyOf(way, aheadMs), json: true });
      attempts.push({ ...probe, keyId: way?.keyId, aheadMs });
      if (isHeard(probe, plain)) break;
    }
    return attempts;
  }

  #keyOf(secret: Secret | undefined, aheadMs: number): string | undefined {
    if (secret === undefined) return undefined;
    return new KeyRing([secret], { now: () => this.#now() + aheadMs }).signed();
  }

  #ask(kind: AskKind): Promise<Probe> {
    return this.#probe(newAsk(kind));
  }

  async #probe(asked: Asked): Promise<Probe> {
    const reply = await send(this.#target, asked.fields, this.#now);
    if (isResponse(reply) || reply.sent) this.#sent++;
    return { asked, reply, answer: isResponse(reply) ? answerIn(reply, asked) : { kind: "none" } };
  }

  #examination(first: Probe, plain: Probe, more: Partial<Examination>): Examination {
    const keyId = this.#secrets[0]?.keyId;
    return { target: this.#target, sent: this.#sent, first, plain, keyId, attempts: [], ...more };
  }
}

/** The status, or that there was none. */
function statusOf({ reply }: Probe): number | undefined {
  return isResponse(reply) ? reply.status : undefined;
}

/** An ask that got no answer had another status than a request without an ask. */
function isApart(ask: Probe, plain: Probe): boolean {
  return ask.answer.kind === "none" && statusOf(ask) !== statusOf(plain);
}

/** The ask was answered, although the answer itself may not have come through. */
export function isHeard({ reply, answer }: Probe, plain: Probe): boolean {
  return answer.kind === "own" || (isResponse(reply) && variesByAsk(reply) && !variesByItself(plain));
}

/** A gateway may have copied `Vary` from another response. */
function variesByItself({ reply }: Probe): boolean {
  return isResponse(reply) && variesByAsk(reply);
}

/** The name of the service that answered, safe to print; the longest one, because a short answer may cut it. `undefined` if there is none. */
export function answeringService({ first, second }: Examination): string | undefined {
  const names = [first, second].flatMap((probe) =>
    probe?.answer.kind === "own" ? [printable(probe.answer.outcome.service)] : [],
  );
  return names.toSorted((one, other) => other.length - one.length)[0];
}

/** The tree of the first answer that has one; `undefined` if none has. */
export function treeOf({ first, second }: Examination): ErrorTree | undefined {
  for (const probe of [first, second]) {
    if (probe?.answer.kind === "own" && probe.answer.outcome.tree !== undefined)
      return probe.answer.outcome.tree;
  }
  return undefined;
}

/** False if no request got a response. */
export function isReached({ first, second, plain }: Examination): boolean {
  return [first, second, plain].some((probe) => probe !== undefined && isResponse(probe.reply));
}
