// Declares the error of wrong input.

/** The input is of no kind that we read, or the command line is wrong; the message says what was expected and what came. */
export class InputError extends Error {
  override readonly name = "InputError";
}
