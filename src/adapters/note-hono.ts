// Notes the error of a request of Hono, or else its route.
import { noteError, noteRoute } from "../program/note.ts";

/** What is read of Hono's context. */
export interface HonoContext {
  readonly error: Error | undefined;
  readonly env: unknown;
  readonly req: object;
  readonly finalized: boolean;
  notFound(): Response | Promise<Response>;
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

/** The routes that matched; none if Hono keeps them otherwise. */
export function matchedBy(request: { readonly matchedRoutes?: unknown }): readonly unknown[] {
  const routes = request.matchedRoutes;
  return Array.isArray(routes) ? routes : [];
}
