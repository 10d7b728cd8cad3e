// Takes the records of Kafka one after the other and in turns with everything else, and stops the stream while many wait.
import type { Readable } from "node:stream";
import type { Work } from "../../otlp/work.ts";
import { Turns } from "../intake/turns.ts";

/** So many records wait. */
const MOST = 500;

/** What is done with a record when its time has come, if it still has to be done. */
type Taking = () => Work<void> | undefined;

type Stream = Pick<Readable, "pause" | "resume" | "isPaused">;

/** The records of one observer. */
export class RecordQueue {
  readonly #turns = new Turns();
  #waiting: Taking[] = [];
  #between: (() => void)[] = [];
  #isTaking = false;
  #stream: Stream | undefined;
  readonly #failed: (error: unknown) => void;

  /** @param failed - told what went wrong in our own code; the next record is taken all the same */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** @param stream - where it comes from: it is paused while many wait */
  add(taking: Taking, stream: Stream): void {
    this.#stream = stream;
    this.#waiting.push(taking);
    if (this.#waiting.length >= MOST) stream.pause();
    if (this.#isTaking) return;
    this.#isTaking = true;
    void this.#turns.run(this.#all());
  }

  /** Does something while no record is half taken. */
  between<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const now = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#isTaking) this.#between.push(now);
      else now();
    });
  }

  *#all(): Work<void> {
    for (;;) {
      for (const now of this.#between.splice(0)) now();
      const taking = this.#waiting.shift();
      if (taking === undefined) break;
      if (this.#waiting.length < MOST / 2 && this.#stream?.isPaused()) this.#stream.resume();
      yield;
      try {
        const work = taking();
        if (work !== undefined) yield* work;
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#isTaking = false;
  }
}
