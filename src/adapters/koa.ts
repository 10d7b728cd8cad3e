// Notes the errors that Koa gets from the program, by a middleware.
import { noteError } from "../program/note.ts";

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
  return (context, next) => {
    const done = next();
    // Beside the program's own chain: it is neither held up, nor does it get another promise.
    done.then(undefined, (error: unknown) => noteOf(context, error));
    return done;
  };
}

function noteOf(context: Context, error: unknown): void {
  try {
    noteError(error, context.req, context._matchedRoute);
  } catch {
    // Getters of the context are the program's.
  }
}
