// ConnectRPC by connect-node over HTTP/2, with the spans that a program makes itself: no instrumentation makes any.
import type { Http2ServerRequest } from "node:http2";
import http2 from "node:http2";
import { createRequire } from "node:module";
import type * as Connect from "@connectrpc/connect";
import type { Interceptor, Transport as Wire } from "@connectrpc/connect";
import type * as ConnectNode from "@connectrpc/connect-node";
import { context, propagation, type Span, SpanKind, trace } from "@opentelemetry/api";
import { callBy, IN_BODY, type Kind, listenerOf, UNREAD } from "./connect.ts";
import { STATUS } from "./http-clients.ts";
import { failed, inServerSpan, plain, resetWith, serving } from "./http2.ts";
import type { CallOptions, Incoming, Outgoing, Transport } from "./transports.ts";

const require = createRequire(import.meta.url);
const { Code, ConnectError } = require("@connectrpc/connect") as typeof Connect;
const { createConnectTransport } = require("@connectrpc/connect-node") as typeof ConnectNode;

const tracer = trace.getTracer("contract");

function serve(handle: (call: Incoming) => Promise<Outgoing>): Promise<string> {
  const listener = listenerOf(
    handle,
    (request) =>
      (request as Http2ServerRequest | undefined)?.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    // The client resets a stream as soon as it has read that it failed, before the trailers with the tree have come.
    false,
  );
  return serving(false, (server) => {
    server.on("request", (request, response) => {
      inServerSpan(request.stream, request.headers, () => listener(request, response));
    });
  });
}

/** A CLIENT span by the conventions for RPC, whose context goes into the headers of the call. */
const spans: Interceptor = (next) => async (request) => {
  const { hostname, port } = new URL(request.url);
  const method = `${request.service.typeName}/${request.method.name}`;
  const attributes = {
    "rpc.system.name": "connectrpc",
    "rpc.method": method,
    "server.address": hostname,
    "server.port": Number(port),
  };
  return await tracer.startActiveSpan(method, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const setter = { set: (to: Headers, name: string, value: string) => to.set(name, value) };
    propagation.inject(context.active(), request.header, setter);
    try {
      const response = await next(request);
      if (!response.stream) span.end();
      return response.stream ? { ...response, message: ending(span, response.message) } : response;
    } catch (error) {
      failedBy(span, error);
      throw error;
    }
  });
};

async function* ending<T>(span: Span, messages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* messages;
    span.end();
  } catch (error) {
    failedBy(span, error);
    throw error;
  }
}

/** The error has a cause if there was no response. */
function failedBy(span: Span, error: unknown): void {
  const { code, cause } = ConnectError.from(error);
  if (cause === undefined) {
    const name = Code[code]?.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();
    span.setAttribute("rpc.response.status_code", name ?? "UNKNOWN");
  }
  failed(span, (cause ?? error) as Error);
  span.end();
}

/** Programs keep a transport for each peer. */
const wires = new Map<string, Wire>();

function call(kind: Kind, to: string, options: CallOptions): Promise<boolean> {
  const { origin } = new URL(to);
  const wire =
    wires.get(origin) ?? createConnectTransport({ baseUrl: origin, httpVersion: "2", interceptors: [spans] });
  wires.set(origin, wire);
  return callBy(wire, kind, to, options);
}

const BY_CONNECT = { errorType: "ConnectError" };

const COMMON: Omit<Transport, "call"> = {
  serve,
  plain: (code, isHostile) => plain(false, STATUS[code], isHostile),
  closed: { errorType: "ERR_HTTP2_STREAM_ERROR", message: resetWith("NGHTTP2_REFUSED_STREAM") },
  brokenOff: { errorType: "ERR_HTTP2_STREAM_ERROR" },
  // The client of Connect takes a status of 500 for UNKNOWN.
  plainSays: (code) =>
    code === "unavailable"
      ? { ...BY_CONNECT, message: "HTTP 503" }
      : { ...BY_CONNECT, code: "unknown", message: "HTTP 500" },
  opaqueSays: BY_CONNECT,
};

export const CONNECT_HTTP2: Readonly<Record<string, Transport>> = {
  "connect unary, http2": {
    ...COMMON,
    call: (to, options) => call("unary", to, options),
    operation: "contract.Contract/Unary",
    cannot: { unread: UNREAD, late: "the head is sent with the answer: nothing fails between them" },
  },
  "connect stream, http2": {
    ...COMMON,
    call: (to, options) => call("stream", to, options),
    callee: "connect unary, http2",
    operation: "contract.Contract/Stream",
    cannot: { unread: UNREAD, untrusted: IN_BODY, shutdown: IN_BODY },
  },
};
