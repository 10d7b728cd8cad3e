// HTTP/2 by node:http2, with the spans that a program makes itself: no instrumentation makes any.
import { once } from "node:events";
import http2, { type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { onTestFinished } from "vitest";
import { CERTIFICATE, KEY } from "../../e2e/timeouts/certificate.ts";
import { ABORTED_BY_NODE, FORGED_ANSWER, SLOWLY_MS, STATUS } from "./http-clients.ts";
import type { CallOptions, Failure, Incoming, Outgoing, Transport } from "./transports.ts";

type Server = http2.Http2Server | http2.Http2SecureServer;
type Handle = (call: Incoming) => Promise<Outgoing>;

const { HTTP2_HEADER_STATUS, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM } =
  http2.constants;
const tracer = trace.getTracer("contract");

export function failed(span: Span, error: Error): void {
  if (!span.isRecording()) return;
  const { code } = error as { code?: unknown };
  span.setAttribute("error.type", typeof code === "string" ? code : error.name);
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

/** Runs a handler within the server span of a stream, which ends with it. */
export function inServerSpan(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handle: () => void,
): void {
  const { ":method": method = "GET", ":path": path = "" } = headers;
  const attributes = { "http.request.method": method, "url.path": path };
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  stream.once("close", () => {
    const status = Number(stream.sentHeaders?.[HTTP2_HEADER_STATUS] ?? 0);
    if (status > 0) span.setAttribute("http.response.status_code", status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  stream.on("error", () => {});
  context.with(trace.setSpan(parent, span), handle);
}

function incoming(headers: IncomingHttpHeaders, rawHeaders: unknown): Incoming {
  const { pathname, searchParams } = new URL(headers[":path"] ?? "/", "http://service");
  return { path: pathname, query: searchParams, metadata: JSON.stringify([headers, rawHeaders]) };
}

/** By the stream itself. */
function answerStream(stream: ServerHttp2Stream, answer: Outgoing): void {
  if (answer === "nothing") stream.close(NGHTTP2_REFUSED_STREAM);
  else if (answer === "part of a body") {
    stream.respond({ [HTTP2_HEADER_STATUS]: 200 });
    stream.write("the first bytes", () => stream.destroy(new Error("the rest is lost")));
  } else {
    stream.respond({ [HTTP2_HEADER_STATUS]: STATUS[answer.code] });
    stream.end(answer.body ?? answer.code);
  }
}

function serveCore(server: Server, handle: Handle): void {
  server.on("stream", (stream: ServerHttp2Stream, headers, _flags, rawHeaders?: unknown) => {
    inServerSpan(stream, headers, async () => {
      const answer = await handle(incoming(headers, rawHeaders));
      if (!stream.closed) answerStream(stream, answer);
    });
  });
}

/** By the API that is that of node:http. */
function serveCompat(server: Server, handle: Handle): void {
  server.on("request", (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => {
    inServerSpan(request.stream, request.headers, async () => {
      const answer = await handle(incoming(request.headers, request.rawHeaders));
      if (request.stream.closed) return;
      if (answer === "nothing") request.stream.close(NGHTTP2_REFUSED_STREAM);
      else if (answer === "part of a body") {
        response.writeHead(200);
        response.write("the first bytes", () => request.stream.close(NGHTTP2_INTERNAL_ERROR));
      } else {
        response.writeHead(STATUS[answer.code]);
        response.end(answer.body ?? answer.code);
      }
    });
  });
}

type Serve = typeof serveCore;

export async function serving(isSecure: boolean, serve: (server: Server) => void): Promise<string> {
  const server = isSecure ? http2.createSecureServer({ key: KEY, cert: CERTIFICATE }) : http2.createServer();
  serve(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http${isSecure ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Programs keep a session for each peer, as long as it lives. */
const sessions = new Map<string, ClientHttp2Session>();

function sessionTo(origin: string): ClientHttp2Session {
  const found = sessions.get(origin);
  if (found !== undefined && !found.closed && !found.destroyed) return found;
  const session = http2.connect(origin, { rejectUnauthorized: false });
  // A session that nobody uses holds no process.
  session.unref();
  // Each stream tells the same.
  session.on("error", () => {});
  sessions.set(origin, session);
  return session;
}

function call(to: string, options: CallOptions): Promise<boolean> {
  const { origin, pathname, search, hostname, port } = new URL(to);
  const attributes: Attributes = {
    "http.request.method": "GET",
    "server.address": hostname,
    "server.port": Number(port),
    "url.full": to,
  };
  return tracer.startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const headers = { ":path": pathname + search };
      propagation.inject(context.active(), headers);
      const { signal } = options;
      const stream = sessionTo(origin).request(headers, signal === undefined ? {} : { signal });
      stream
        .once("error", (error) => failed(span, error))
        .once("close", () => {
          if (span.isRecording()) span.end();
        });
      stream.end();
      const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
      const status = Number(answer[HTTP2_HEADER_STATUS]);
      span.setAttribute("http.response.status_code", status);
      if (status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
      if (options.isRead) await text(stream);
      // A body that nobody reads holds up all others of its connection.
      else setTimeout(() => stream.close(NGHTTP2_CANCEL), SLOWLY_MS);
      return status < 400;
    } catch (error) {
      failed(span, error as Error);
      if (span.isRecording()) span.end();
      throw error;
    }
  });
}

function entry(isSecure: boolean, serve: Serve): Transport {
  return {
    serve: (handle) => serving(isSecure, (server) => serve(server, handle)),
    call,
    plain: (code, isHostile) => plain(isSecure, STATUS[code], isHostile),
    closed: { errorType: "ERR_HTTP2_STREAM_ERROR", message: resetWith("NGHTTP2_REFUSED_STREAM") },
    refused,
    cancelled: ABORTED_BY_NODE,
    brokenOff: { errorType: "ERR_HTTP2_STREAM_ERROR" },
  };
}

function refused(host: string): Failure {
  return {
    errorType: "ERR_HTTP2_STREAM_CANCEL",
    message: `The pending stream has been canceled (caused by: connect ECONNREFUSED ${host})`,
    causes: [`ECONNREFUSED: connect ECONNREFUSED ${host}`],
  };
}

export function resetWith(code: string): string {
  return `Stream closed with error code ${code}`;
}

/** A service that takes no part. */
export async function plain(isSecure: boolean, status: number, isHostile: boolean): Promise<string> {
  const sessions = new Set<http2.ServerHttp2Session>();
  const address = await serving(isSecure, (server) => {
    server.on("session", (session) => sessions.add(session));
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.respond({ [HTTP2_HEADER_STATUS]: status, ...(isHostile ? FORGED : undefined) });
      stream.end("so it is");
    });
    onTestFinished(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
  });
  return address;
}

const FORGED = { "x-error-tree": FORGED_ANSWER };

export const HTTP2: Readonly<Record<string, Transport>> = {
  "http2, core": entry(false, serveCore),
  "http2, compat": entry(false, serveCompat),
  "http2 over TLS, core": entry(true, serveCore),
  "http2 over TLS, compat": entry(true, serveCompat),
};
