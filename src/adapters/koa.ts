// Notes the errors that Koa gets from the program, by a middleware.
import { observedCall } from "./note-koa.ts";

/** A middleware of Koa. */
export type KoaMiddleware = (context: object, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * A middleware that gives the request's node the error that a later one threw, and hands it on unchanged. Use it first, or right
 * behind a middleware of your own that catches errors:
 *
 * ```js
 * app.use(errorTree());
 * ```
 */
export function errorTree(): KoaMiddleware {
  // Instrumentations name the span of a middleware by its function.
  return function errorTree(context, next) {
    return observedCall(context, next) as Promise<unknown>;
  };
}
