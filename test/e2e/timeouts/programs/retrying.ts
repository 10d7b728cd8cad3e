// A service that tries a call again, with a client span for each attempt as a client with retries of its own makes them.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

const TRIES = 4;

/** One attempt; the status, or what it broke over. */
async function attempt(to: string, resent: number): Promise<number | undefined> {
  const attributes = {
    "http.request.method": "POST",
    "server.address": new URL(to).hostname,
    ...(resent === 0 ? undefined : { "http.request.resend_count": resent }),
  };
  return await trace
    .getTracer("retrying-client")
    .startActiveSpan("POST", { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      try {
        const status = await context.with(suppressTracing(context.active()), () => post(to, headers));
        span.setAttribute("http.response.status_code", status);
        if (status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
        return status;
      } catch (error) {
        span.recordException(error as Error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
        return undefined;
      } finally {
        span.end();
      }
    });
}

async function post(to: string, headers: Record<string, string>): Promise<number> {
  const [response] = (await once(
    http.request(to, { method: "POST", agent: false, headers }).end(),
    "response",
  )) as [IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}

serveTraced(async (request, response) => {
  const { query } = queryOf(request);
  let status: number | undefined;
  for (let i = 0; i < TRIES && status !== 200; i++) status = await attempt(query.get("to") ?? "", i);
  response.writeHead(status === 200 ? 200 : 502).end();
});
