// Notes the errors that Hono gets from the program, by a middleware.
import { type HonoContext, matchedBy, noteErrorOf, noteRouteOf } from "./note-hono.ts";

export type { HonoContext };

/** A middleware of Hono 4. */
export type HonoMiddleware = (
  context: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/**
 * A middleware that gives the request's node the error that was thrown behind it, and its route. Use it first:
 *
 * ```js
 * app.use(errorTree());
 * ```
 *
 * An error counts only if the request fails: not if `onError` answers with a status below 400.
 */
export function errorTree(): HonoMiddleware {
  // Instrumentations name the span of a middleware by its function.
  return async function errorTree(context, next) {
    noteRouteOf(context);
    try {
      await next();
    } catch (thrown) {
      // What is no Error passes Hono's own handling.
      noteErrorOf(context, thrown);
      throw thrown;
    }
    if (context.error !== undefined) noteErrorOf(context, context.error);
    // Beside us there is one handler: by itself Hono answers for it with 404 if it does not, and with 500 if there are several.
    return context.finalized || matchedBy(context.req).length !== 2 ? undefined : context.notFound();
  };
}
