// Notes the errors that Express gets from the program, by an error-handling middleware.
import { noteError } from "../program/note.ts";
import { routeOf } from "./express-route.ts";

/** An error-handling middleware of Express 4 and 5. */
export type ExpressErrorHandler = (
  error: unknown,
  request: object,
  response: object,
  next: (error?: unknown) => void,
) => void;

/**
 * An error-handling middleware that gives the request's node the error, and hands it on unchanged. Use it behind the routes and
 * before your own error handlers:
 *
 * ```js
 * app.use(errorTree());
 * ```
 *
 * In Express 4 an async handler must hand its error to `next` itself, as Express 4 demands.
 */
export function errorTree(): ExpressErrorHandler {
  // Instrumentations name the span of a middleware by its function.
  return function errorTree(error, request, _response, next) {
    noteError(error, request, routeOf(request));
    next(error);
  };
}
