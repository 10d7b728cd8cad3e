// Holds an error that a framework got from the program, until it is known whether the request failed.
import { errorFacts } from "../spans/error-facts.ts";
import type { Failure } from "./span-entry.ts";

/** It is read only if the request fails: writing a stack trace takes longer than many a request. */
export class NotedError {
  /** How many were noted of the request so far. */
  readonly count: number;
  readonly #error: unknown;
  #facts: Failure | undefined;

  constructor(error: unknown, count: number) {
    this.#error = error;
    this.count = count;
  }

  /** Its code is what was answered, so it names none. */
  get facts(): Failure {
    this.#facts ??= { ...errorFacts(this.#error), code: undefined };
    return this.#facts;
  }
}
