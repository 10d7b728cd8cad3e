// What one request wants of the service, and what must come of it: known to both sides, so that neither has to be believed.
import { createHash } from "node:crypto";

/** How a request gets to a service: the first part of its path, which every proxy routes by. */
export type Route =
  /** The service with the library. */
  | "on"
  /** The same program with the longest values that the library can be told to write. */
  | "wide"
  /** The same program with the library switched off. */
  | "off"
  /** The library again; the proxy tells of itself, as by default or by the usual directive. */
  | "forwarded"
  /** The library again; the cache is told to ignore `Vary`. */
  | "careless"
  /** The root of the lab. */
  | "lab";

export const ROUTES: readonly Route[] = ["on", "wide", "off", "forwarded", "careless", "lab"];

export type Freshness = "none" | "max-age" | "s-maxage" | "expires";
export type Body = "short" | "large" | "chunked";

/** One request to the service. */
export interface Plan {
  readonly status: 200 | 404 | 500;
  /** Nodes of the error tree, the service's own among them. */
  readonly nodes: number;
  readonly body: Body;
  /** How the response says that it stays fresh. */
  readonly freshness: Freshness;
  /** Bytes of the response's header block without the library's fields; 0: as small as it comes. */
  readonly block: number;
  /** Least bytes of path and query. */
  readonly urlBytes: number;
}

export const PLAIN: Plan = {
  status: 500,
  nodes: 10,
  body: "short",
  freshness: "none",
  block: 0,
  urlBytes: 0,
};

/** `service.name` of the service behind the proxies. */
export const SERVICE = "stock-keeper";
/** `service.name` of the service before them. */
export const ASKER = "checkout";
/** Tells which trace a response was made for, wherever it turns up. */
export const TRACE_FIELD = "x-made-for";
/** Tells which forwarding fields the service saw. */
export const FORWARDING_FIELD = "x-forwarding-seen";
/**
 * Children of a node of the service's trees. A failed step with a single child would become one node with it; by sevens no
 * step has one, with 9, 62 or 999 steps, nor with the 511 that are kept of a request as the library is installed.
 */
export const CHILDREN = 7;

const FRESH_SECONDS = 60;
let serial = 0;

/** Path and query of a request; no two are the same, so that no cache knows it yet. */
export function pathOf(route: Route, plan: Plan): string {
  const entries = Object.entries(plan).map(([name, value]) => [name, String(value)]);
  const query = new URLSearchParams(Object.fromEntries(entries));
  const [start, end] = [`/${route}/${++serial}/`, `?${query}`];
  return start + "u".repeat(Math.max(0, plan.urlBytes - start.length - end.length)) + end;
}

/** The plan in a path of {@link pathOf}. */
export function planOf(path: string): Plan {
  const query = new URL(path, "http://localhost").searchParams;
  return {
    status: Number(query.get("status")) as Plan["status"],
    nodes: Number(query.get("nodes")),
    body: query.get("body") as Body,
    freshness: query.get("freshness") as Freshness,
    block: Number(query.get("block")),
    urlBytes: Number(query.get("urlBytes")),
  };
}

/** Fields that tell a cache how long the response stays fresh. */
export function freshnessFields({ freshness }: Plan): Record<string, string> {
  switch (freshness) {
    case "none":
      return {};
    case "max-age":
      return { "cache-control": `public, max-age=${FRESH_SECONDS}` };
    case "s-maxage":
      return { "cache-control": `s-maxage=${FRESH_SECONDS}` };
    case "expires":
      return { expires: new Date(Date.now() + FRESH_SECONDS * 1000).toUTCString() };
    default:
      return freshness satisfies never;
  }
}

const BODY_BYTES: Readonly<Record<Body, number>> = { short: 200, large: 4 << 20, chunked: 1 << 20 };

/** The body of the response: the same bytes for the same plan, and nowhere the same. */
export function bodyOf({ body, status, nodes }: Plan): Buffer {
  const bytes = Buffer.allocUnsafe(BODY_BYTES[body]);
  let state = status * 1_000_003 + nodes;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Operation of a node of the service's tree; nodes are numbered breadth first from 0, the service's own. */
export function stepName(step: number): string {
  return step === 0 ? "GET" : `step ${step}`;
}

/** Message of a node; its start names the trace, so that a tree in the wrong place gives itself away. */
export function messageOf(traceId: string, step: number): string {
  const key = createHash("sha256").update(`${traceId} ${step}`).digest("hex");
  const what = `reservation ${step} of order ${key} could not be written to the ledger of the northern warehouse`;
  const why = "the row is held by another transfer that began before this one, and its holder did not answer";
  return `${markOf(traceId)} ${what}: ${why} within the time that the transfer may take, so it was given up`;
}

/** What messages of a trace begin with. */
export function markOf(traceId: string): string {
  return traceId.slice(0, 8);
}

/** The step that is the first root cause: steps end children first and in order, so it is the leftmost leaf. */
export function causeOf({ nodes }: Plan): number {
  let step = 0;
  while (step * CHILDREN + 1 < nodes) step = step * CHILDREN + 1;
  return step;
}
