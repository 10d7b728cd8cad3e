// Declares the error of a request to Jaeger; its message says in one line why it failed.
import { InputError } from "../input/input-error.ts";

/** Why a request failed. `passing`: the next request may succeed. */
export class JaegerError extends InputError {
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}
