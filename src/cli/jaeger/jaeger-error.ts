// Jaeger did not give what it was asked for; the message says why, in one line.
import { InputError } from "../input/read-input.ts";

/** What came of a request. `passing`: the next one may do better. */
export class JaegerError extends InputError {
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}
