// Notes the error and the route of a request of Hono.
import { noteError, noteRoute } from "../program/note.ts";

/** What is read of Hono's context. */
export interface HonoContext {
  readonly error: Error | undefined;
  readonly env: unknown;
  readonly req: object;
  readonly finalized: boolean;
  notFound(): Response | Promise<Response>;
}

/**
 * Notes the route of a request. Call it before the handler: a request that the handler makes within the process may show no
 * request of node, and would be taken for this one. Never throws.
 */
export function noteRouteOf(context: HonoContext): void {
  try {
    noteRoute(routeOf(context.req), incomingOf(context));
  } catch {
    // Getters of the context are the program's.
  }
}

/** Notes the error of a request. Never throws. */
export function noteErrorOf(context: HonoContext, thrown: unknown): void {
  try {
    noteError(thrown, incomingOf(context), routeOf(context.req));
  } catch {
    // As above.
  }
}

/** Node's request; `undefined` unless the server for Node has put it there. */
function incomingOf({ env }: HonoContext): unknown {
  return (env as { incoming?: unknown } | undefined | null)?.incoming;
}

/**
 * The path of the last route that matched. One for many paths stands back: a handler for all that nobody answers matches, too,
 * and is not called. `undefined` if there are only middlewares for many paths.
 */
function routeOf(request: object): string | undefined {
  const routes = matchedBy(request) as readonly { path?: unknown; method?: unknown }[];
  const paths = routes.filter(
    ({ path, method }) => typeof path === "string" && (method !== "ALL" || !path.includes("*")),
  );
  return (paths.findLast(({ path }) => !(path as string).includes("*")) ?? paths.at(-1))?.path as
    | string
    | undefined;
}

/** The routes that matched; none if Hono keeps them otherwise. */
export function matchedBy(request: { readonly matchedRoutes?: unknown }): readonly unknown[] {
  const routes = request.matchedRoutes;
  return Array.isArray(routes) ? routes : [];
}
