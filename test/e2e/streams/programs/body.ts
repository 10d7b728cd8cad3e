// The body that every streaming service of these tests sends: a first part, what a callee sends, and a last part behind which it may fail.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";

/** An error of the program's own. */
class SoldOut extends Error {
  override readonly name = "SoldOut";
}

/** The ways to fail behind a head. */
const FAILURES: Readonly<Record<string, () => unknown>> = {
  request: () => failRequest(new SoldOut("sold out"), "internal"),
  status: () => trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: "sold out" }),
  database: () => {
    const span = trace.getTracer("test").startSpan("SELECT", {
      kind: SpanKind.CLIENT,
      attributes: { "db.system.name": "postgresql", "error.type": "57014" },
    });
    span.setStatus({ code: SpanStatusCode.ERROR, message: "canceling statement" }).end();
  },
};

/** The ways to get a callee's body, read as it comes. */
const CALLS: Readonly<Record<string, (to: string) => Promise<Readable>>> = {
  http: async (to) => {
    const [response] = (await once(http.get(to), "response")) as [IncomingMessage];
    return response;
  },
  fetch: async (to) => Readable.fromWeb((await fetch(to)).body as never),
};

/** Query of a request: `to` and `way` name the call, `fail` the failure behind the last part. */
export type Query = URLSearchParams;

/** The callee's body, where there is a callee. */
export async function called(query: Query): Promise<Readable> {
  const to = query.get("to");
  return to === null ? Readable.from([]) : ((await CALLS[query.get("way") ?? "http"]?.(to)) as Readable);
}

/** Fails in the way that the query names. */
export function fail(query: Query): void {
  FAILURES[query.get("fail") ?? ""]?.();
}

/** The whole body as parts. A callee whose body breaks off is passed over. */
export async function* parts(query: Query): AsyncGenerator<string> {
  yield "first ";
  await setImmediate();
  try {
    for await (const part of await called(query)) yield String(part);
  } catch {
    // The body goes on without it.
  }
  fail(query);
  yield "last ";
}

/** The ways to send a body by a response of node:http, whose head is written before anything is called. */
export const SENDS: Readonly<Record<string, (query: Query, response: ServerResponse) => unknown>> = {
  "/written": async (query, response) => {
    for await (const part of parts(query)) response.write(part);
    response.end();
  },
  "/ended-with-data": async (query, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    for await (const part of parts(query)) {
      if (part !== "last ") response.write(part);
      else response.end(part);
    }
  },
  "/piped": async (query, response) => {
    response.flushHeaders();
    const body = await called(query);
    body.on("error", () => response.destroy());
    body.pipe(response);
  },
  "/generated": (query, response) => {
    response.flushHeaders();
    Readable.from(parts(query)).pipe(response);
  },
  "/cut": (_, response) => {
    response.write("first ", () => response.destroy());
  },
};
