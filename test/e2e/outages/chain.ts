// Three services in a line, each of which calls the next; a request names the one that fails.
import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { context, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";

/** From the entry on. */
export const CHAIN = ["shop", "cart", "stock"] as const;
export type ChainName = (typeof CHAIN)[number];

/** What the client is told of a request's trace: id and flag. */
export const TRACE_FIELD = "x-chain-trace";
export const SAMPLED_FIELD = "x-chain-sampled";
const ROUTE = "/orders/:id";

/** Most spans that one service has of a request: it serves, and it calls. */
export const SPANS_PER_SERVICE = 2;

/** A path of {@link ROUTE}; where `failing` is absent, the request goes well. */
export function pathOf(order: number, failing: ChainName | undefined): string {
  return `/orders/${order}${failing === undefined ? "" : `?fails=${failing}`}`;
}

/** Spans of a request that comes as far as the service that fails: two of each before it, and one of its own. */
export function spansOf(failing: ChainName | undefined): number {
  return SPANS_PER_SERVICE * CHAIN.indexOf(failing ?? "stock") + 1;
}

/** What a service of the chain does; `next` is the base URL of the one that it calls. */
export function chainListener(name: string, next: string | undefined): RequestListener {
  return (request, response) => void answer(name, next, request, response);
}

async function answer(
  name: string,
  next: string | undefined,
  { url = "/" }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // As a framework does whose instrumentation knows the route.
  const metadata = getRPCMetadata(context.active());
  if (metadata !== undefined) metadata.route = ROUTE;
  const span = trace.getActiveSpan();
  let status = 200;
  try {
    if (new URL(url, "http://service").searchParams.get("fails") === name) {
      throw new RangeError(`no lines in an order of ${name}`);
    }
    if (next !== undefined && (await statusOf(next + url)) >= 400) status = 502;
  } catch (error) {
    status = 500;
    span?.recordException(error as Error);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
  }
  const { traceId = "", traceFlags = TraceFlags.NONE } = span?.spanContext() ?? {};
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  response.writeHead(status, {
    "content-type": "text/plain",
    [TRACE_FIELD]: traceId,
    [SAMPLED_FIELD]: String(sampled),
  });
  response.end(`${name} ${status}\n`);
}

/** Over a connection of its own: one that is kept the callee may close in the moment in which it is used. */
async function statusOf(url: string): Promise<number> {
  const [response] = (await once(http.get(url, { agent: false }), "response")) as [IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}
