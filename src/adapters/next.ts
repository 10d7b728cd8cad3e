// Notes the errors that Next.js gets from the program, by the hook `onRequestError` of its instrumentation file.
import { noteError } from "../program/note.ts";

/** Where Next.js 16 got the error. */
export interface NextErrorContext {
  readonly routerKind: string;
  /** The file of the route within `app` or `pages`, such as `/pay/[id]/route`. */
  readonly routePath: string;
}

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
export function onRequestError(error: unknown, _request: object, context: NextErrorContext): void {
  // The headers that Next.js gives may be a copy, so the request is the one of the active span.
  noteError(error, undefined, routeOf(context ?? {}));
}

/**
 * Spans of Next.js have the route, but those of APIs in the Pages Router. In the App Router groups, slots and the file are no part of
 * the URL: it is `/pay/[id]` for `/(shop)/pay/[id]/route`.
 */
function routeOf({ routerKind, routePath }: Partial<NextErrorContext>): string | undefined {
  if (typeof routePath !== "string") return undefined;
  if (routerKind !== "App Router") return routePath;
  const segments = routePath.replace(/\/(?:page|route)$/, "").split("/");
  return `/${segments.filter((segment) => !/^(?:|@.*|\(\w.*\))$/.test(segment)).join("/")}`;
}
