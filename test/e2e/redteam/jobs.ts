// What a service under attack can be told to do with a request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { context, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { activeErrorTree, failRequest } from "otel-error-tree";
import type { Got } from "../../support/clients.ts";
import { writeForm } from "../../support/head-forms.ts";
import { type Call, keptByUndici, make } from "./calls.ts";
import type { Shape } from "./jobs-shapes.ts";
import { ODD_CALLS, type Places } from "./odd-calls.ts";
import { head } from "./work.ts";

type Job = (args: never, response: ServerResponse, request: IncomingMessage) => Promise<void>;

const tracer: Tracer = trace.getTracer("victim");

export const JOBS: Readonly<Record<string, Job>> = {
  /** Makes a call, and answers that all went well, with all that the program got of it. */
  call: async (call: Call, response) => {
    response.end(JSON.stringify(await make(call)));
  },
  /** Makes a call, and hands its whole head on as gateways do. */
  gateway: async ({ shape, ...call }: Call & { shape: Shape }, response) => {
    handOn(await make(call), shape, response);
  },
  /** Makes a call, and answers with the lines that a logger of requests writes. */
  log: async (call: Call, response, request) => {
    const got = await make(call);
    response.writeHead(500).end(() => {
      process.send?.({ logged: [request.headers, request.rawHeaders, response.getHeaders(), got.headers] });
    });
  },
  /** Says by another copy of the library, wherever it lies, that a request failed which is answered with 200. */
  failByCopy: async ({ copy }: { copy: string }, response) => {
    const { failRequest: fail, activeErrorTree: look } = (await import(
      copy
    )) as typeof import("otel-error-tree");
    const said = fail(new Error("said by a copy"), "data-loss");
    response.writeHead(200).end(JSON.stringify({ said, message: look()?.root.message }));
  },
  /** Has undici keep a response, and answers with all that it keeps. */
  cached: async ({ origin }: { origin: string }, response) => {
    response.end(JSON.stringify(await keptByUndici(origin)));
  },
  /** Makes a call with a large head. */
  padded: async ({ padding, ...call }: Call & { padding: number }, response) => {
    const { status, error } = await make({ ...call, headers: { "x-padding": "p".repeat(padding) } });
    response.end(JSON.stringify({ status, error }));
  },
  /** Makes a call that says one thing and does another. */
  oddCall: async ({ name, places }: { name: string; places: Places }, response) => {
    const error = await ODD_CALLS[name]?.call(places).catch((thrown: Error) => thrown.message);
    response.end(error ?? "done");
  },
  /** Writes its head in the way of that name; the body says what the program noticed. */
  head: async ({ form }: { form: string }, response) => {
    response.end(JSON.stringify(writeForm(form, response)));
  },
  /** Answers with a status. */
  status: async ({ status }: { status: number }, response) => {
    response.writeHead(status).end("said");
  },
  /** Refuses a body that it quotes in an error, in as many layers as it is told. */
  quote: async ({ layers, status }: { layers: number; status: number }, response, request) => {
    const error = new Error(`cannot parse: ${await text(request)}`);
    for (let layer = 0; layer < layers; layer++) {
      const span = tracer.startSpan(`parse ${layer}`);
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      span.end();
    }
    trace.getActiveSpan()?.recordException(error);
    response.writeHead(status).end("bad");
  },
  /** The same, and the program looks at its own tree first. */
  look: async ({ status }: { status: number }, response, request) => {
    failRequest(new Error(await text(request)));
    const tree = activeErrorTree();
    response.writeHead(status).end(JSON.stringify(tree?.root.message ?? ""));
  },
  /** Calls somebody so many times at once. */
  fan: async ({ url, times }: { url: string; times: number }, response) => {
    const call = async (): Promise<void> => {
      await (await fetch(url)).text();
    };
    await Promise.all(Array.from({ length: times }, call));
    head(response, 502).end("bad gateway");
  },
  /** So many calls, or steps of its own, that fail, with failed spans beneath each; no two are alike. */
  spans: async ({ kind, calls, failed }: { kind: string; calls: number; failed: number }, response) => {
    const error = { code: SpanStatusCode.ERROR, message: "it is broken" };
    for (let i = 0; i < calls; i++) {
      const options = { kind: kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL };
      const call = tracer.startSpan(`call ${i}`, options);
      const beneath = trace.setSpan(context.active(), call);
      for (let j = 0; j < failed; j++) {
        const span = tracer.startSpan(`step ${i}.${j}`, {}, beneath);
        span.setStatus(error);
        span.end();
      }
      call.setStatus(error);
      call.end();
    }
    head(response, 500).end("broken");
  },
};

/** The fields of a response in pairs, from whatever shape its client gives them. */
function pairsOf(headers: unknown): [string, string | string[]][] {
  const [first] = Array.isArray(headers) ? headers : [headers];
  const fields = Array.isArray(first) ? Object.fromEntries(headers as [string, string][]) : (first as object);
  return Object.entries(fields ?? {}).filter(
    ([name]) => !/^(?:connection|content-length|transfer-encoding|trailer)$/i.test(name),
  );
}

function handOn({ status, headers }: Got, shape: Shape, response: ServerResponse): void {
  const pairs = pairsOf(headers);
  switch (shape) {
    case "setHeader":
      for (const [name, value] of pairs) response.setHeader(name, value);
      response.writeHead(status).end("handed on");
      return;
    case "appendHeader":
      for (const [name, value] of pairs) response.appendHeader(name, value);
      response.statusCode = status;
      response.end("handed on");
      return;
    case "writeHead(object)":
      response.writeHead(status, Object.fromEntries(pairs)).end("handed on");
      return;
    case "writeHead(flat array)":
      response.writeHead(status, pairs.flat() as string[]).end("handed on");
      return;
    default:
      shape satisfies never;
  }
}
