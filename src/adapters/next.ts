// Notes the errors that Next.js gets from the program, by the hook `onRequestError` of its instrumentation file.
import { noteError } from "../program/note.ts";

/**
 * Gives the request's node the error of a route handler, a page or a server action, with its causes. Export it from
 * `instrumentation.ts` (Next.js 16):
 *
 * ```js
 * export { onRequestError } from "otel-error-tree/next";
 * ```
 *
 * An error counts only if the request fails: not if a page answers with status 200 and shows the error within it.
 */
export function onRequestError(error: unknown): void {
  // The headers that Next.js gives beside it may be a copy, so the request is the one of the active span, which has its route.
  noteError(error);
}
