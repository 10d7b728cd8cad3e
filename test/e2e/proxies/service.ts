// The service behind the proxies: makes the error tree and the response that the request's path asks for.
import http, { STATUS_CODES } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { context, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";
import { onAsk } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";
import {
  bodyOf,
  CHILDREN,
  FORWARDING_FIELD,
  freshnessFields,
  messageOf,
  type Plan,
  planOf,
  SERVICE,
  stepName,
  TRACE_FIELD,
} from "./plan.ts";
import { startTelemetry } from "./telemetry.ts";

const CHUNK_BYTES = 16_384;
/** Cookies as large as sessions are. */
const COOKIE_BYTES = 180;
const FORWARDING = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/;

const parts = startTelemetry(SERVICE);
const tracer: Tracer = trace.getTracer(SERVICE);

const server = http.createServer({ maxHeaderSize: 65_536 }, (request, response) => {
  void answer(request, response);
});
onAsk({ counts: () => parts.counts() });
serve(server);

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const plan = planOf(request.url ?? "");
  const { traceId = "" } = trace.getActiveSpan()?.spanContext() ?? {};
  failSteps(plan, traceId);
  if (plan.status >= 400) failRequest(new Error(messageOf(traceId, 0)));
  const body = bodyOf(plan);
  const fields: Record<string, string> = {
    "content-type": "application/octet-stream",
    ...(plan.body === "chunked" ? undefined : { "content-length": String(body.length) }),
    [TRACE_FIELD]: traceId,
    [FORWARDING_FIELD]: Object.keys(request.headers)
      .filter((name) => FORWARDING.test(name))
      .join(" "),
    ...freshnessFields(plan),
  };
  response.writeHead(plan.status, plan.block === 0 ? fields : padded(fields, plan));
  for (let at = 0; at < body.length && plan.body === "chunked"; at += CHUNK_BYTES) {
    response.write(body.subarray(at, at + CHUNK_BYTES));
    await turn();
  }
  response.end(plan.body === "chunked" ? undefined : body);
}

/** Starts all steps, breadth first, then fails them children first, so that none looks as if the program had gone on. */
function failSteps({ nodes }: Plan, traceId: string): void {
  const root = trace.getActiveSpan();
  if (root === undefined) return;
  const spans: Span[] = [root];
  for (let step = 1; step < nodes; step++) {
    const above = spans[Math.floor((step - 1) / CHILDREN)] as Span;
    spans.push(tracer.startSpan(stepName(step), {}, trace.setSpan(context.active(), above)));
  }
  const fail = (step: number): void => {
    for (let i = 1; i <= CHILDREN; i++) if (step * CHILDREN + i < nodes) fail(step * CHILDREN + i);
    if (step === 0) return;
    spans[step]?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(traceId, step) });
    spans[step]?.end();
  };
  fail(0);
}

/** The fields with cookies up to a block of just so many bytes; node has nothing left to add. */
function padded(fields: Record<string, string>, { status, block }: Plan): Record<string, string | string[]> {
  const complete = { ...fields, date: new Date().toUTCString(), connection: "close" };
  let room = block - `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n\r\n`.length;
  for (const [name, value] of Object.entries(complete)) room -= `${name}: ${value}\r\n`.length;
  const cookies: string[] = [];
  for (let left = Math.floor(room / COOKIE_BYTES) || 1; left > 0; left--) {
    const start = `set-cookie: session-${left}=`;
    const bytes = Math.floor(room / left) - `${start}\r\n`.length;
    if (bytes < 0) throw new RangeError(`a block of ${block} bytes is too small`);
    cookies.push(`session-${left}=${"c".repeat(bytes)}`);
    room -= Math.floor(room / left);
  }
  return { ...complete, "set-cookie": cookies };
}
