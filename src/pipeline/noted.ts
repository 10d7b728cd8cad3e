// Notes what a framework knows of a request and its spans do not say.
import type { Exchange } from "../exchange.ts";
import { Fragment } from "../fragments/fragment.ts";
import type { FragmentTable } from "../fragments/fragment-table.ts";
import { activeRouting } from "../fragments/result.ts";

/** The request that a framework reports on: by its exchange, else by a span of it. */
export interface NotedRequest {
  readonly exchange: Exchange | undefined;
  readonly spanId: string | undefined;
  /** Node's request, if the framework shows it: then the span counts only if it belongs to that one. */
  readonly request: object | undefined;
}

/** What a framework reports. */
export interface Noted {
  /** The error that it got from the program: it says why the request failed, if the request does. */
  readonly error?: { readonly thrown: unknown } | undefined;
  /** The route that the request was given to, as `/orders/:id`. */
  readonly route?: string | undefined;
}

/** Notes it; false if the request is not recorded, or is over. */
export function note(table: FragmentTable, noted: NotedRequest, { error, route }: Noted): boolean {
  const { exchange, spanId, request } = noted;
  const fragment = exchange === undefined ? table.entry(spanId ?? "")?.fragment : exchange.fragment;
  if (!(fragment instanceof Fragment) || fragment.root.end !== Number.POSITIVE_INFINITY) return false;
  if (exchange === undefined && request !== undefined && fragment.exchange?.isOf?.(request) !== true)
    return false;
  if (error !== undefined) fragment.noted(error.thrown);
  if (route !== undefined && route !== "") addRoute(fragment, route);
  return true;
}

/**
 * Looks for the route among the spans beneath: Next.js writes it there, and names the span of the request only when that
 * has been answered.
 */
export function routeFromBeneath(fragment: Fragment): void {
  if (fragment.routing?.route !== undefined) return;
  for (const { span } of fragment.entries) {
    const route = span.attributes["next.route"];
    if (typeof route !== "string" || route === "") continue;
    addRoute(fragment, route);
    return;
  }
}

/** The instrumentation of HTTP reads the route from the context's metadata; a span without them gets it at once. */
function addRoute(fragment: Fragment, route: string): void {
  if (fragment.routing === undefined) fragment.routed(activeRouting(fragment));
  const routing = fragment.routing as { route?: string } | undefined;
  if (routing !== undefined) {
    // An instrumentation may leave it empty.
    routing.route ||= route;
    return;
  }
  fragment.routed({ route });
  const { span } = fragment.root;
  if (span.attributes["http.route"] === undefined) span.setAttribute("http.route", route);
}
