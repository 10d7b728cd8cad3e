// Looks whether the first call that each client makes for a request has a span, and then looks no more.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { context, trace } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { CLIENT } from "../spans/otel.ts";
import { callOf } from "./call-slot.ts";
import type { ClientParts } from "./receive.ts";
import type { UndiciRequest } from "./undici/client-ask.ts";

const REGISTER = "start with `node --import otel-error-tree/register app.js`";

/** A client library whose requests are seen. */
interface Client {
  readonly channel: string;
  readonly name: string;
  /** Why its calls have no spans, and what to do. */
  readonly remedy: string;
  /** Whom a request calls. */
  to(request: never): string;
}

const UNDICI: Client = {
  channel: "undici:request:create",
  name: "fetch or undici",
  remedy:
    "UndiciInstrumentation is not active. To mend it, npm install @opentelemetry/instrumentation-undici, and add new " +
    `UndiciInstrumentation() to the instrumentations, or ${REGISTER}`,
  to: ({ origin }: UndiciRequest) => (URL.canParse(`${origin}`) ? new URL(`${origin}`).host : "a service"),
};

/** Node 20 has no such channel. */
const HTTP: Client = {
  channel: "http.client.request.created",
  name: "node:http",
  remedy:
    "HttpInstrumentation did not see it, for the program took get or request out of node:http before they were patched, as ES " +
    `modules do. To mend it, ${REGISTER}, or call http.get() of \`import http from "node:http"\``,
  to: (request: ClientRequest) => `${request.getHeader("host") ?? request.host}`,
};

/** Warns if a client's first call has no span. Returns what ends the look before there is one. */
export function watchFirstCalls(parts: ClientParts): () => void {
  const stops = [UNDICI, HTTP].map((client) =>
    once(client.channel, parts, (message) => seen(client, message, parts)),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** Calls `look` with what a channel says until it returns true. */
function once(channel: string, { health }: ClientParts, look: (message: object) => boolean): () => void {
  const stop = (): void => {
    unsubscribe(channel, onMessage);
  };
  function onMessage(message: unknown): void {
    try {
      if (look(message as object)) stop();
    } catch (error) {
      stop();
      health.failed(channel, error);
    }
  }
  subscribe(channel, onMessage);
  return stop;
}

/** True if the call could be looked at: it is made for a request that we record. */
function seen(client: Client, message: object, parts: ClientParts): boolean {
  const { asks, health } = parts;
  const { request } = message as { readonly request: { readonly method: string } };
  const span = recordedSpan(parts);
  if (span === undefined || request.method === "CONNECT" || !asks.isOpen) return false;
  // A client span that node:http is called beneath is the call's own, or that of a library around it.
  if (span.kind === CLIENT) return true;
  // Other subscribers may be called after us, such as undici's instrumentation.
  queueMicrotask(() => {
    if (callOf(request, asks) === undefined)
      health.warn("ERROR_TREE_CALL_WITHOUT_SPAN", textOf(client, request));
  });
  return true;
}

/** The active span, if it is of a request that we record, and tracing is not suppressed. */
function recordedSpan({ calls }: ClientParts): Pick<ReadableSpan, "kind"> | undefined {
  const active = context.active();
  const span = trace.getSpan(active);
  if (span === undefined || isTracingSuppressed(active)) return undefined;
  if (calls.operationOf(span.spanContext().spanId) === undefined) return undefined;
  return span as unknown as ReadableSpan;
}

function textOf({ name, to, remedy }: Client, request: object): string {
  return `a request called ${to(request as never)} by ${name}, and no span was started for the call, so error trees end here: ${remedy}`;
}
