// Declares the error of a request to a backend; its message says in one line why it failed.
import { InputError } from "../input/input-error.ts";

/** Why a request failed. `passing`: the next request may succeed. */
export class BackendError extends InputError {
  readonly passing: boolean;
  /** HTTP status of the response, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, passing: boolean, status?: number) {
    super(message);
    this.passing = passing;
    this.status = status;
  }
}
