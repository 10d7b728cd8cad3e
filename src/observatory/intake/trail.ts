// Follows the tokens of plain events from node to node, and counts the edges that they go along.
import type { Source } from "../graph/cell.ts";
import type { Counts } from "../graph/counts.ts";
import type { EdgeKey } from "../graph/edge.ts";
import type { CountsTarget } from "./counts-target.ts";
import type { IntakeReport } from "./intake-report.ts";
import type { PlainEvent } from "./plain-event.ts";
import { Recent } from "./recent.ts";

/** How much is remembered. */
export interface TrailLimits {
  /** Tokens, and as many ids. @default 200000 */
  readonly mostTokens?: number;
  /** A token, an id or an event that waits for its parent is forgotten if the newest event is so much later. @default 600000 */
  readonly rememberedMs?: number;
  /** An earlier reader of the log came to the place where this one begins; its {@link Trail.newestMs} there. */
  readonly newestMs?: number | undefined;
}

/** A node that showed a token, or a step with an id. */
interface Shown {
  readonly node: string;
  readonly time: number;
  readonly mark: number;
}

interface Waiting {
  /** Of the newest of them. */
  time: number;
  /** Of the first of them. */
  readonly mark: number;
  readonly events: PlainEvent[];
}

/** Memory of tokens, of ids, and of events that wait, each: names and ids may be long. */
const TABLE_BYTES = 48_000_000;
/** Of an entry, besides its texts; of an event that waits, with the list that it may be alone in. */
const [SHOWN_BYTES, EVENT_BYTES] = [110, 400];
/** A character takes one or two. */
const CHAR_BYTES = 2;

/** Most tokens are shown again within this time, or never. */
const YOUNG_MS = 60_000;
const NO_PARENT = "Events whose parent did not come";

/** A pure function of the events in their order and of their times. */
export class Trail {
  readonly #target: Pick<CountsTarget, "counts">;
  readonly #report: IntakeReport;
  readonly #most: number;
  readonly #rememberedMs: number;
  readonly #tokens: Recent<Shown>;
  readonly #steps: Recent<Shown>;
  /** Events by the parent that they wait for. */
  readonly #waiting = new Map<string, Waiting>();
  #waitingEvents = 0;
  #waitingBytes = 0;
  /**
   * The least mark of the parents that events have found, by the second of the event: who reads the event again without its parent
   * would have it wait, and count it once more if the id comes again.
   */
  readonly #parents = new Map<number, number>();
  #newest: number;

  constructor(target: Pick<CountsTarget, "counts">, report: IntakeReport, limits: TrailLimits = {}) {
    this.#target = target;
    this.#report = report;
    this.#most = limits.mostTokens ?? 200_000;
    const recent = { most: this.#most, mostBytes: TABLE_BYTES, bytesOf: bytesOfShown };
    this.#tokens = new Recent(recent);
    this.#steps = new Recent(recent);
    this.#rememberedMs = limits.rememberedMs ?? 600_000;
    this.#newest = limits.newestMs ?? Number.NEGATIVE_INFINITY;
  }

  /** @param mark - the place of the event in its log, if the log may have to be read again from there */
  event(event: PlainEvent, mark = 0): void {
    const { node, token, time, id, parent } = event;
    if (!this.#report.isInTime(time)) return;
    this.#newest = Math.max(this.#newest, time);
    this.#target.counts.seen(node, time);
    // Who names steps tells the directions: then nothing is inferred.
    if (id === undefined && parent === undefined) this.#pass(token as string, event, mark);
    else this.#step(event, mark);
  }

  /** The newest time of all events, in milliseconds since the epoch; `undefined` before the first. */
  get newestMs(): number | undefined {
    return Number.isFinite(this.#newest) ? this.#newest : undefined;
  }

  /** The least mark of all that is still remembered: who reads the log again begins there. */
  get oldestMark(): number | undefined {
    let oldest: number | undefined;
    for (const [second, mark] of this.#parents) {
      if (this.#isOld((second + 1) * 1_000)) this.#parents.delete(second);
      else if (oldest === undefined || mark < oldest) oldest = mark;
    }
    for (const table of [this.#tokens, this.#steps, this.#waiting]) {
      for (const { mark, time } of table.values()) {
        if (!this.#isOld(time) && (oldest === undefined || mark < oldest)) oldest = mark;
      }
    }
    return oldest;
  }

  #pass(token: string, event: PlainEvent, mark: number): void {
    const { node, time } = event;
    const before = this.#tokens.get(token);
    this.#put(
      this.#tokens,
      token,
      { node, time, mark },
      "Tokens that were forgotten within a minute for lack of room",
    );
    if (before === undefined || before.node === node || this.#isOld(before.time)) return;
    const seconds = (time - before.time) / 1000;
    const cell = this.#count(before.node, event, seconds < 0 ? "reversed" : "inferred");
    cell.counts.client.add(Math.abs(seconds));
  }

  #step(event: PlainEvent, mark: number): void {
    const { node, token = "", time, id, parent } = event;
    if (parent !== undefined) {
      const key = `${token}\0${parent}`;
      const from = this.#steps.get(key);
      if (from === undefined || this.#isOld(from.time)) this.#wait(key, event, mark);
      else {
        this.#found(event, from.mark);
        this.#follow(from, event);
      }
    }
    if (id === undefined) return;
    const key = `${token}\0${id}`;
    const step = { node, time, mark };
    this.#put(this.#steps, key, step, "Ids of events that were forgotten within a minute for lack of room");
    for (const child of this.#takeWaiting(key)) {
      if (this.#isOld(child.time)) this.#report.leftOut(NO_PARENT);
      else this.#follow(step, child);
    }
  }

  #found({ time }: PlainEvent, mark: number): void {
    const second = Math.floor(time / 1_000);
    if (this.#isOld(time)) return;
    this.#parents.set(second, Math.min(mark, this.#parents.get(second) ?? mark));
    // Nobody may ever ask for the oldest mark.
    for (const oldest of this.#parents.keys()) {
      if (!this.#isOld((oldest + 1) * 1_000)) break;
      this.#parents.delete(oldest);
    }
  }

  #wait(key: string, event: PlainEvent, mark: number): void {
    if (this.#waitingEvents >= this.#most || this.#waitingBytes >= TABLE_BYTES) {
      this.#report.leftOut("Events that could not wait for their parent for lack of room");
      return;
    }
    const { time } = event;
    const waiting = this.#waiting.get(key) ?? { time, mark, events: [] };
    waiting.time = Math.max(waiting.time, time);
    waiting.events.push(event);
    this.#waitingEvents++;
    this.#waitingBytes += bytesOfEvent(key, event);
    this.#waiting.set(key, waiting);
    for (const [oldest, { time: since, events }] of this.#waiting) {
      if (!this.#isOld(since)) break;
      this.#takeWaiting(oldest);
      this.#report.leftOut(NO_PARENT, events.length);
    }
  }

  #takeWaiting(key: string): readonly PlainEvent[] {
    const events = this.#waiting.get(key)?.events ?? [];
    this.#waiting.delete(key);
    this.#waitingEvents -= events.length;
    for (const event of events) this.#waitingBytes -= bytesOfEvent(key, event);
    return events;
  }

  #follow(from: Shown, event: PlainEvent): void {
    if (from.node === event.node) return;
    const seconds = (event.time - from.time) / 1000;
    const cell = this.#count(from.node, event, "ids");
    if (seconds < 0) cell.beganEarly(-seconds);
    else cell.counts.client.add(seconds);
  }

  #count(
    client: string,
    { node, time, failed, seconds }: PlainEvent,
    source: Source,
  ): ReturnType<Counts["cell"]> {
    const key: EdgeKey = { client, server: node, connectionType: "" };
    const cell = this.#target.counts.cell(time, key, source);
    cell.counts.requests++;
    if (failed) cell.counts.failures++;
    if (seconds !== undefined) cell.counts.server.add(seconds);
    return cell;
  }

  #isOld(time: number): boolean {
    return this.#newest - time > this.#rememberedMs;
  }

  /** Remembers something. What is forgotten for it is told if it is young: what comes of it is not understood any more. */
  #put(table: Recent<Shown>, key: string, shown: Shown, what: string): void {
    const forgotten = table.set(key, shown);
    if (forgotten === undefined) return;
    let young = 0;
    for (const { time } of forgotten.values()) if (this.#newest - time < YOUNG_MS) young++;
    if (young > 0) this.#report.leftOut(what, young);
  }
}

function bytesOfShown(key: string, { node }: Shown): number {
  return SHOWN_BYTES + CHAR_BYTES * (key.length + node.length);
}

function bytesOfEvent(key: string, { node, token = "", id = "", parent = "" }: PlainEvent): number {
  const chars = key.length + node.length + token.length + id.length + parent.length;
  return EVENT_BYTES + CHAR_BYTES * chars;
}
