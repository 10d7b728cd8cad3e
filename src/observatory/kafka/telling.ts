// Tells people whether Kafka answers, and what of its records does not count.
import type { SharedState } from "./shared-state.ts";

/** Show what is said: the page, and the console. */
export interface Listeners {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A whole sentence for the page, by topic; `undefined` if all is well again. */
  readonly note: (topic: string, text: string | undefined) => void;
  /** A sentence for the console. */
  readonly say: (text: string) => void;
}

/** Longer than a rebalance takes: Kafka is away if no heartbeat was answered for so long. */
const AWAY_MS = 12_000;

/** Knows since when Kafka does not answer. */
export class Presence {
  readonly #listeners: Listeners;
  readonly #brokers: readonly string[];
  #answered: number;
  #isAway = false;

  constructor(brokers: readonly string[], listeners: Listeners) {
    this.#brokers = brokers;
    this.#listeners = listeners;
    this.#answered = listeners.now();
  }

  /** Something was answered. */
  answered(): void {
    const { now, note, say } = this.#listeners;
    this.#answered = now();
    if (!this.#isAway) return;
    this.#isAway = false;
    note("kafka away", undefined);
    say("Kafka answers again.");
  }

  /** To be called now and then. */
  look(): void {
    const { now, note, say } = this.#listeners;
    if (this.#isAway || now() - this.#answered < AWAY_MS) return;
    this.#isAway = true;
    const since = new Date(this.#answered).toISOString().slice(11, 19);
    const text = `Kafka at ${this.#brokers.join(", ")} has not answered since ${since} UTC; what is shown is from before.`;
    note("kafka away", text);
    say(text);
  }
}

/** Tells what does not count. */
export function tellLeftOut(state: SharedState, note: Listeners["note"]): void {
  const { unreadable, first, outOfTime, keyless, lost } = state.report();
  const tell = (topic: string, count: number, what: string, more = ""): void => {
    note(`kafka ${topic}`, count === 0 ? undefined : `${what}: ${count}${more}.`);
  };
  tell(
    "unreadable",
    unreadable,
    "Records in Kafka that could not be read",
    `; the first: ${first ?? "not known"}`,
  );
  tell("late", outOfTime, "Events in Kafka that came too late or are from the future, and count nowhere");
  tell("keyless", keyless, "Records in Kafka without a key, so that edges may be missing");
  tell("lost", lost, "Records that Kafka had deleted before they were read");
  tell(
    "unknown",
    state.unknown,
    "States that are damaged or of offsets that are not there, or of observers with another --window or version, which are not shown",
  );
}
