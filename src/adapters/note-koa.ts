// Notes the error that comes out of a middleware of Koa.
import { noteError } from "../program/note.ts";
import { observed } from "./returned.ts";

/** What is read of Koa's context. */
interface Context {
  readonly req?: unknown;
  readonly _matchedRoute?: unknown;
}

/** Calls what leads to later middlewares, and notes the error that comes from them. */
export function observedCall(context: object, call: () => unknown): unknown {
  try {
    return observed(call(), (failure) => {
      if (failure !== undefined) noteOf(context, failure.thrown);
    });
  } catch (error) {
    noteOf(context, error);
    throw error;
  }
}

function noteOf(context: Context, error: unknown): void {
  try {
    noteError(error, context.req, context._matchedRoute);
  } catch {
    // Getters of the context are the program's.
  }
}
