// Notes the errors that Hono gets from the program, by a middleware.
import { noteError, noteRoute } from "../program/note.ts";

/** What is read of Hono's context. */
export interface HonoContext {
  readonly error: Error | undefined;
  readonly env: unknown;
  readonly req: object;
  readonly finalized: boolean;
  notFound(): Response | Promise<Response>;
}

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
  return async (context, next) => {
    try {
      await next();
    } catch (thrown) {
      // What is no Error passes Hono's own handling.
      noteOf(context, { thrown });
      throw thrown;
    }
    noteOf(context, context.error === undefined ? undefined : { thrown: context.error });
    // Beside us there is one handler: by itself Hono answers for it with 404 if it does not, and with 500 if there are several.
    return context.finalized || matchedBy(context.req).length !== 2 ? undefined : context.notFound();
  };
}

/** Notes the error of a request, or else its route. Never throws. */
export function noteOf(context: HonoContext, error: { readonly thrown: unknown } | undefined): void {
  try {
    // Only the server for Node puts its request there.
    const { incoming } = (context.env ?? {}) as { incoming?: unknown };
    const route = routeOf(context.req);
    if (error === undefined) noteRoute(route, incoming);
    else noteError(error.thrown, incoming, route);
  } catch {
    // Getters of the context are the program's.
  }
}

/** The path of the last route that matched; `undefined` if that is one of a middleware for many paths. */
function routeOf(request: object): string | undefined {
  const { path, method } = (matchedBy(request).at(-1) ?? {}) as { path?: unknown; method?: unknown };
  if (typeof path !== "string") return undefined;
  return method !== "ALL" || !path.includes("*") ? path : undefined;
}

function matchedBy(request: { readonly matchedRoutes?: unknown }): readonly unknown[] {
  const routes = request.matchedRoutes;
  return Array.isArray(routes) ? routes : [];
}
