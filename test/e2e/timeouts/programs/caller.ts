// A service that calls what `to` names in the way that the path names, and answers with `status` however the call ended.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import type https from "node:https";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { tell } from "../../../support/process/in-child.ts";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

/** Longer than a call needs to get through to a callee that never answers. */
const PATIENCE_MS = 50;

type Way = (to: string, query: URLSearchParams) => Promise<unknown>;

/** Patched where it is required. */
const tls = createRequire(import.meta.url)("node:https") as typeof https;
const keptAlive = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** A request and its end, whichever it is. */
function sent(
  to: string,
  options: http.RequestOptions = {},
): { request: http.ClientRequest; end: Promise<unknown> } {
  const { get } = to.startsWith("https:") ? tls : http;
  const request = get(to, options);
  const end = once(request, "response").then(([response]) => {
    tell({ reading: true });
    return text(response as IncomingMessage);
  });
  // A connection that is reset in mid-body is told to the request, too.
  request.on("error", () => undefined);
  return { request, end };
}

function read(to: string, options?: http.RequestOptions): Promise<unknown> {
  return sent(to, options).end;
}

function abortedSoon(reason?: unknown): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), PATIENCE_MS);
  return controller.signal;
}

class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/** What the test says next. */
async function heard(): Promise<void> {
  await once(process, "message");
}

/** Gives a call up as soon as the test says that another one was faster. */
function cancelledWhenTold(reason?: unknown): AbortSignal {
  const controller = new AbortController();
  void heard().then(() => controller.abort(reason));
  return controller.signal;
}

/** Does something to a request when the first part of its answer has come. */
function inTheBody(
  to: string,
  happens: (request: http.ClientRequest) => void,
  signal?: AbortSignal,
): Promise<unknown> {
  const { request, end } = sent(to, signal === undefined ? {} : { signal });
  request.on("response", (response) => response.once("data", () => happens(request)));
  return end;
}

async function fetched(to: string, options?: RequestInit): Promise<string> {
  const response = await fetch(to, options);
  tell({ reading: true });
  return await response.text();
}

/** A limit of time that counts from when the test says so: the callee is at work by then. */
function limitWhenTold(): AbortSignal {
  const controller = new AbortController();
  void heard().then(() => {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    limit.addEventListener("abort", () => controller.abort(limit.reason));
  });
  return controller.signal;
}

type AgentClass = new (options: object) => unknown;

/** Options of the undici that node brings, which is no module; its agent's class is to be had all the same. */
function impatient(limits: object): RequestInit {
  const agents = globalThis as unknown as Record<symbol, { readonly constructor: AgentClass }>;
  const Agent = agents[Symbol.for("undici.globalDispatcher.1")]?.constructor as AgentClass;
  return { dispatcher: new Agent(limits) } as RequestInit;
}

/** One connection for all requests. */
const keptOne = impatient({ connections: 1 });

const WAYS: Readonly<Record<string, Way>> = {
  "/http": (to) => read(to),
  "/http/kept-alive": (to) => read(to, { agent: keptAlive }),
  "/http/signal-timeout": (to) => read(to, { signal: AbortSignal.timeout(PATIENCE_MS) }),
  "/http/limit-when-told": (to) => read(to, { signal: limitWhenTold() }),
  "/http/set-timeout-when-told": async (to) => {
    const { request, end } = sent(to);
    void heard().then(() => request.setTimeout(PATIENCE_MS, () => request.destroy()));
    await end;
  },
  "/fetch/limit-when-told": (to) => fetched(to, { signal: limitWhenTold() }),
  "/http/abort-by-timer": (to) => read(to, { signal: abortedSoon() }),
  "/http/abort-by-timer-with-reason": (to) =>
    read(to, { signal: abortedSoon(new DOMException("too slow", "TimeoutError")) }),
  "/http/lost-interest": (to) => read(to, { signal: cancelledWhenTold() }),
  "/http/lost-interest-with-reason": (to) => read(to, { signal: cancelledWhenTold("another was faster") }),
  "/http/lost-interest-destroy": async (to) => {
    const { request, end } = sent(to);
    void heard().then(() => request.destroy());
    await end;
  },
  "/http/lost-interest-late": async (to) => {
    // As the agent that node brings, which has a limit of five seconds.
    const { request, end } = sent(to, { agent: new http.Agent({ timeout: PATIENCE_MS }) });
    void heard().then(() => setTimeout(() => request.destroy(), 2 * PATIENCE_MS));
    await end;
  },
  "/http/set-timeout": async (to) => {
    const { request, end } = sent(to);
    request.setTimeout(PATIENCE_MS, () => request.destroy());
    await end;
  },
  "/http/set-timeout-with-error": async (to) => {
    const { request, end } = sent(to);
    request.setTimeout(PATIENCE_MS, () => request.destroy(new TooSlow("no answer in time")));
    await end;
  },
  "/http/option-timeout": async (to) => {
    const { request, end } = sent(to, { timeout: PATIENCE_MS });
    request.on("timeout", () => request.destroy());
    await end;
  },
  "/http/agent-timeout": async (to) => {
    const { request, end } = sent(to, { agent: new http.Agent({ timeout: PATIENCE_MS }) });
    request.on("timeout", () => request.destroy());
    await end;
  },
  "/http/signal-timeout-in-body": (to) =>
    inTheBody(to, (request) => {
      const error = new DOMException("aborted", "AbortError");
      AbortSignal.timeout(PATIENCE_MS).addEventListener("abort", ({ target }) =>
        request.destroy(Object.assign(error, { cause: (target as AbortSignal).reason })),
      );
    }),
  "/http/set-timeout-in-body": (to) =>
    inTheBody(to, (request) => request.setTimeout(PATIENCE_MS, () => request.destroy())),
  "/http/destroy-in-body": (to) => inTheBody(to, (request) => request.destroy()),
  "/http/abort-in-body": (to) => {
    const controller = new AbortController();
    return inTheBody(to, () => controller.abort(), controller.signal);
  },
  "/fetch": async (to) => fetched(to),
  "/fetch/signal-timeout": (to) => fetched(to, { signal: AbortSignal.timeout(PATIENCE_MS) }),
  "/fetch/abort-by-timer": (to) => fetched(to, { signal: abortedSoon() }),
  "/fetch/abort-by-timer-with-reason": (to) =>
    fetched(to, { signal: abortedSoon(new DOMException("too slow", "TimeoutError")) }),
  "/fetch/abort-by-timer-with-error": (to) =>
    fetched(to, { signal: abortedSoon(new TooSlow("no answer in time")) }),
  "/fetch/lost-interest": (to) => fetched(to, { signal: cancelledWhenTold() }),
  "/fetch/lost-interest-with-reason": (to) =>
    fetched(to, { signal: cancelledWhenTold("another was faster") }),
  "/fetch/abort-in-body": async (to) => {
    const controller = new AbortController();
    const response = await fetch(to, { signal: controller.signal });
    controller.abort();
    await response.text();
  },
  "/fetch/headers-timeout": (to) => fetched(to, impatient({ headersTimeout: PATIENCE_MS })),
  "/fetch/body-timeout": (to) => fetched(to, impatient({ bodyTimeout: PATIENCE_MS })),
  "/fetch/kept-alive": (to) => fetched(to, keptOne),
  "/fetch/connect-timeout": (to) => fetched(to, impatient({ connect: { timeout: PATIENCE_MS } })),
};

serveTraced(async (request, response) => {
  const { path, query } = queryOf(request);
  const times = Number(query.get("times") ?? 1);
  for (let i = 0; i < times; i++) {
    try {
      await WAYS[path]?.(query.get("to") ?? "", query);
    } catch {
      // The tree tells of it.
    }
  }
  response.statusCode = Number(query.get("status") ?? 502);
  response.end();
});
