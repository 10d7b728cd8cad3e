// Notes what a web framework knows of a request: the error that it got from the program, and the route.
import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata, RPCType } from "@opentelemetry/core";
import { type NotedFacts, setUps } from "./set-ups.ts";

/** Node's request, as far as it is used to find ours. */
interface NodeRequest {
  readonly headers?: unknown;
}

/**
 * Notes an error that a framework got from the program. It gives the request's node its type, message, frames and causes if the
 * request fails; one that is answered well has not failed by it. Never throws.
 *
 * @param request - node's own request, if the framework shows it; else the request of the active span is meant
 * @param route - the route that the request was given to, if it is known
 */
export function noteError(thrown: unknown, request?: unknown, route?: unknown): void {
  tell({ error: { thrown }, route: textOf(route) }, request);
}

/**
 * Notes the route of a request, unless it is known. Never throws.
 *
 * @param request - as for {@link noteError}
 */
export function noteRoute(route: unknown, request?: unknown): void {
  try {
    const metadata = getRPCMetadata(context.active());
    if (metadata?.type === RPCType.HTTP) {
      if (metadata.route || textOf(route) === undefined) return;
      // A request that is shown may be one within the process, and the metadata those of the request that made it.
      if (request === undefined) {
        // The span of the request takes it from there.
        metadata.route = route as string;
        return;
      }
    }
  } catch {
    // As below.
  }
  tell({ route: textOf(route) }, request);
}

function tell(facts: NotedFacts, request: unknown): void {
  try {
    const shown = objectOf(request);
    const headers = objectOf((shown as NodeRequest | undefined)?.headers);
    const spanId = trace.getSpan(context.active())?.spanContext().spanId;
    for (const setUp of setUps()) setUp.note?.({ headers, request: shown, spanId }, facts);
  } catch {
    // A request or a set-up of another kind than is known here: the program goes on.
  }
}

function objectOf(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

function textOf(route: unknown): string | undefined {
  return typeof route === "string" && route !== "" ? route : undefined;
}
