// Notes the errors that Koa gets from the program, by a middleware.
import { noteError } from "../program/note.ts";
import { observed } from "./returned.ts";

/** A middleware of Koa. */
export type KoaMiddleware = (context: object, next: () => Promise<unknown>) => Promise<unknown>;

/** What is read of Koa's context. */
interface Context {
  readonly req?: unknown;
  readonly _matchedRoute?: unknown;
}

/**
 * A middleware that gives the request's node the error that a later one threw, and hands it on unchanged. Use it first, or right
 * behind a middleware of your own that catches errors:
 *
 * ```js
 * app.use(errorTree());
 * ```
 */
export function errorTree(): KoaMiddleware {
  return (context, next) => observedCall(context, next) as Promise<unknown>;
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
