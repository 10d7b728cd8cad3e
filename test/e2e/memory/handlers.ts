// What the service does with a request, by path: it answers, fails, leaks, is late, gives up, and calls others.
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";
import { END, LEAKED_JOBS, MAX_SPANS } from "./mix.ts";

/** What a handler works with. */
export interface Surroundings {
  readonly tracer: Tracer;
  /** Where the service itself listens. */
  readonly own: string;
  /** The service beneath, which nothing instruments. */
  readonly upstream: string;
  /** Where nobody listens. */
  readonly refused: string;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  around: Surroundings,
) => Promise<void> | void;

const CHUNK = "x".repeat(200);
const CHUNKS = 4;
const LATE_MS = 15;
const TIMEOUT_MS = 10;
const SLOW_MS = 12;

const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 30_000 });

/** All handlers, by path. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  "/ok/plain": (_, response) => answer(response, 200),
  "/ok/spans": (_, response, { tracer }) => {
    within(tracer, "load the cart", (span) => {
      within(tracer, "load a price", (inner) => inner.end());
      span.end();
    });
    answer(response, 200);
  },
  "/ok/many-spans": (_, response, { tracer }) => {
    for (let i = 0; i < 2 * MAX_SPANS; i++) tracer.startSpan("load an item").end();
    answer(response, 200);
  },
  "/ok/call": async (_, response, { upstream }) => answer(response, await call(`${upstream}/plain`)),
  "/ok/fetch": async (_, response, { upstream }) => answer(response, await fetched(`${upstream}/plain`)),
  "/ok/upload": (request, response) => {
    request.resume().on("end", () => answer(response, 200));
  },
  "/ok/stream": (_, response) => stream(response, () => {}),
  "/failed/plain": (_, response, { tracer }) => {
    failing(tracer, "look up the item").end();
    answer(response, 500);
  },
  "/failed/silent": (_, response) => answer(response, 503),
  "/failed/novel": (request, response, { tracer }) => {
    failing(tracer, "look up the item", request.url?.split("?")[1]).end();
    answer(response, 500);
  },
  "/failed/said": (_, response) => {
    failRequest(new Error("the item is sold"), "failed-precondition");
    answer(response, 200);
  },
  "/failed/in-stream": (_, response, { tracer }) =>
    stream(response, () => failing(tracer, "read the next page").end()),
  "/failed/many-spans": (_, response, { tracer }) => {
    for (let i = 0; i < 2 * MAX_SPANS; i++) failing(tracer, "load an item").end();
    answer(response, 500);
  },
  "/failed/beneath": async (_, response, { own }) => answer(response, await call(`${own}/failed/plain`)),
  "/failed/beneath-fetch": async (_, response, { own }) =>
    answer(response, await fetched(`${own}/failed/in-stream?`, 502)),
  "/handled/beneath": async (_, response, { own }) => {
    await call(`${own}/failed/plain`);
    answer(response, 200);
  },
  "/rejected/plain": (_, response) => answer(response, 404),
  "/leaked/child": (_, response, { tracer }) => {
    tracer.startSpan("never ends");
    answer(response, 200);
  },
  "/leaked/failed-child": (_, response, { tracer }) => {
    failing(tracer, "fails and never ends");
    answer(response, 200);
  },
  "/leaked/beneath-failure": (_, response, { tracer }) => {
    tracer.startSpan("never ends");
    failing(tracer, "look up the item").end();
    answer(response, 500);
  },
  "/leaked/consumer": (_, response, { tracer }) => {
    tracer.startSpan("receive", { kind: SpanKind.CONSUMER });
    answer(response, 200);
  },
  "/leaked/jobs": (_, response, { tracer }) => {
    for (let i = 0; i < LEAKED_JOBS; i++) tracer.startSpan("never ends", { root: true });
    answer(response, 200);
  },
  "/late/child": (_, response, { tracer }) => {
    const child = tracer.startSpan("write the log");
    setTimeout(() => child.end(), LATE_MS);
    answer(response, 200);
  },
  "/late/failed-child": (_, response, { tracer }) => {
    const child = tracer.startSpan("write the log");
    setTimeout(() => failed(child).end(), LATE_MS);
    answer(response, 200);
  },
  "/late/begun": (_, response, { tracer }) => {
    setTimeout(() => failing(tracer, "send the mail").end(), LATE_MS);
    answer(response, 200);
  },
  "/late/begun-leaked": (_, response, { tracer }) => {
    setTimeout(() => tracer.startSpan("never ends"), LATE_MS);
    answer(response, 200);
  },
  "/call/unread": (_, response, { upstream }) => {
    const calling = http.get(`${upstream}/large`, { agent }, () => answer(response, 200));
    calling.on("error", () => response.headersSent || answer(response, 502));
  },
  "/call/unread-fetch": async (_, response, { upstream }) =>
    answer(response, (await fetch(`${upstream}/plain`)).status),
  "/call/timeout": async (_, response, { upstream }) =>
    answer(response, await call(`${upstream}/silent`, AbortSignal.timeout(TIMEOUT_MS))),
  "/call/refused": async (_, response, { refused }) => answer(response, await call(refused)),
  "/call/broken": async (_, response, { upstream }) => answer(response, await call(`${upstream}/broken`)),
  "/call/foreign": async (_, response, { upstream }) => answer(response, await call(`${upstream}/foreign`)),
  "/call/malformed": async (_, response, { upstream }) =>
    answer(response, await call(`${upstream}/malformed`)),
  "/slow/head": async (_, response) => {
    await sleep(SLOW_MS);
    answer(response, 200);
  },
  "/slow/pipelined": async (_, response) => {
    await sleep(SLOW_MS);
    answer(response, 200);
  },
  "/slow/body": async (_, response) => {
    for (let i = 0; i < 10 * CHUNKS && !response.destroyed; i++) {
      response.write(CHUNK);
      await sleep(SLOW_MS);
    }
    response.end(END);
  },
  "/destroyed/before-head": (_, response) => void response.destroy(),
  "/destroyed/in-body": (_, response) => {
    response.write(CHUNK);
    setImmediate(() => response.destroy());
  },
  "/destroyed/with-child": (_, response, { tracer }) => {
    failing(tracer, "never ends");
    response.destroy();
  },
};

function answer(response: ServerResponse, status: number): void {
  if (!response.destroyed) response.writeHead(status).end(`${status}${END}`);
}

/** A body in chunks, something happening in the midst of it; what comes to light after the head goes into a trailer. */
async function stream(response: ServerResponse, inTheMidst: () => void): Promise<void> {
  for (let i = 0; i < CHUNKS; i++) {
    response.write(CHUNK);
    await new Promise((resolve) => setImmediate(resolve));
    if (i === CHUNKS / 2) inTheMidst();
  }
  response.end(END);
}

function within(tracer: Tracer, name: string, work: (span: Span) => void): void {
  const span = tracer.startSpan(name);
  context.with(trace.setSpan(context.active(), span), () => work(span));
}

/** A span that has failed and not ended. */
function failing(tracer: Tracer, name: string, errorType?: string): Span {
  return failed(tracer.startSpan(name), errorType);
}

function failed(span: Span, errorType = "Error"): Span {
  const error = new Error("the item is locked");
  error.name = errorType;
  span.recordException(error);
  return span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

/** A call that is read to its end; 200, or 502 where it failed. */
function call(url: string, signal?: AbortSignal): Promise<200 | 502> {
  return new Promise((resolve) => {
    const calling: ClientRequest = http.get(
      url,
      { agent, ...(signal === undefined ? undefined : { signal }) },
      (response) => {
        response.resume();
        response.on("error", () => resolve(502));
        response.on("end", () => resolve((response.statusCode ?? 0) < 400 ? 200 : 502));
      },
    );
    calling.on("error", () => resolve(502));
  });
}

async function fetched(url: string, status?: number): Promise<number> {
  const response = await fetch(url);
  await response.text();
  return status ?? response.status;
}
