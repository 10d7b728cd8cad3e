// A service that does what the test tells it, step by step: calls, spans of its own, answers.
import http, { type ServerResponse } from "node:http";
import { type Context, context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import { tell } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";
import { queryOf } from "../../support/services-program.ts";
import type { Said, Step } from "./steps.ts";

/** Where the spans of a case run, by their ids. */
const contexts = new Map<string, Context>();
const responses = new Map<string, ServerResponse>();
const calls = new Map<string, { connect(): void; abort(reason: string): void }>();

serve(
  http.createServer((request, response) => {
    const { path, query } = queryOf(request);
    const id = query.get("span") ?? "";
    const rpc = getRPCMetadata(context.active());
    if (rpc !== undefined) rpc.route = path;
    contexts.set(id, context.active());
    responses.set(id, response);
    response.on("close", () => afterMs(() => tell({ closed: id })));
    tell({ arrived: id });
  }),
);

/** Stored times that differ by less than a millisecond show no order, and what the case does next comes after the answer. */
function afterMs(next: () => void): void {
  const now = Date.now();
  const wait = (): void => void setImmediate(Date.now() > now + 1 ? next : wait);
  wait();
}

process.on("message", (message: { readonly step?: Step }) => {
  const { step } = message;
  if (step === undefined) return;
  perform(step);
  tell({ done: step.number });
});

function perform(step: Step): void {
  const within = contexts.get(step.within) ?? context.active();
  if (step.do === "call") context.with(within, () => call(step));
  else if (step.do === "connect") calls.get(step.id)?.connect();
  else if (step.do === "abort") calls.get(step.id)?.abort(step.reason);
  else if (step.do === "begin") {
    const span = trace.getTracer("case").startSpan(step.name, {}, within);
    contexts.set(step.id, trace.setSpan(within, span));
  } else if (step.do === "end") {
    const span = spanOf(step.id);
    say(span, step);
    span.end();
  } else {
    context.with(contexts.get(step.id) ?? within, () => {
      say(spanOf(step.id), step);
      responses.get(step.id)?.writeHead(step.http).end();
    });
  }
}

/** A call that connects when the test says so, if it has to wait. */
function call({ id, method, host, port, path, waits }: Extract<Step, { do: "call" }>): void {
  const controller = new AbortController();
  let connect = (): void => {};
  const request = http.request({
    method,
    host,
    port,
    path,
    agent: false,
    signal: controller.signal,
    lookup: (_host, options, found) => {
      const address = "127.0.0.1";
      connect = () => {
        if (options.all) found(null, [{ address, family: 4 }]);
        else found(null, address, 4);
      };
      if (!waits) connect();
    },
  });
  const ended = (): void => void setImmediate(() => tell({ ended: id }));
  request.on("response", (response) => response.resume().on("end", ended));
  request.on("error", ended);
  request.end();
  calls.set(id, {
    connect: () => connect(),
    abort: (reason) => controller.abort(new DOMException("The operation was aborted due to timeout", reason)),
  });
}

function spanOf(id: string): Span {
  return trace.getSpan(contexts.get(id) ?? context.active()) as Span;
}

function say(span: Span, { status, message, exception }: Said): void {
  if (exception !== undefined) {
    const [name, text] = exception;
    span.recordException({ name, message: text });
  }
  if (status === "ok") span.setStatus({ code: SpanStatusCode.OK });
  if (status === "error") {
    span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? undefined : { message }) });
  }
}
