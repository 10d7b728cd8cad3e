// A service of the contract: asked over plain HTTP it calls whom it is told to, and over its transport it is called.
import { once } from "node:events";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { activeErrorTree } from "otel-error-tree";
import { tell } from "../../support/process/in-child.ts";
import { queryOf, serveTraced } from "../../support/services-program.ts";
import { type CallOptions, type Incoming, type Outgoing, TRANSPORTS, type Transport } from "./transports.ts";

/** Longer than a call needs to get through to a callee that never answers. */
const PATIENCE_MS = 50;
const BIG = Buffer.alloc(1 << 20, ".");
const never = new Promise<never>(() => {});

const served = process.env.TRANSPORT ?? "";
let flaky = 0;

const address = await transportOf(served).serve(async (call) => {
  tell({ traceId: trace.getActiveSpan()?.spanContext().traceId });
  return (await WAYS[call.path]?.(call)) ?? "nothing";
});

/** What a callee does. */
const WAYS: Readonly<Record<string, (call: Incoming) => Outgoing | Promise<Outgoing>>> = {
  "/fine": ({ metadata }) => {
    tell({ seesAsk: metadata.includes("v=1, id") });
    return { code: "ok" };
  },
  "/forbidden": () => ({ code: "permission-denied" }),
  "/big": () => ({ code: "unavailable", body: BIG }),
  // Fails because of a call of its own, so that its answer carries a tree of two nodes.
  "/broken": async ({ query, metadata }) => {
    tell({ seesAsk: metadata.includes("v=1, id") });
    await transportOf(served)
      .call(query.get("to") ?? "", { isRead: true })
      .catch(() => false);
    return { code: "internal" };
  },
  "/many": ({ query }) => {
    for (let i = 0; i < Number(query.get("steps")); i++) failedStep(`step ${i}`, `${i} ${"why ".repeat(20)}`);
    return { code: "internal" };
  },
  "/named": ({ query }) => {
    failedStep("look up", query.get("name") ?? "");
    return { code: "internal" };
  },
  "/flaky": () => ({ code: ++flaky % 3 === 0 ? "ok" : "unavailable" }),
  "/resets": () => "nothing",
  "/hangs": () => {
    tell({ arrived: true });
    return never;
  },
  "/cut": () => "part of a body",
};

/** Calls by one transport. */
type Call = (options?: Partial<CallOptions>) => Promise<boolean>;

/** What a caller does before it answers. A call that breaks rejects; the answer is the same. */
const CALLS: Readonly<Record<string, (call: Call) => unknown>> = {
  "/read": (call) => call(),
  "/unread": (call) => call({ isRead: false }),
  "/abort": (call) => call({ signal: abortedSoon() }),
  "/timeout": (call) => call({ signal: AbortSignal.timeout(PATIENCE_MS), timeoutMs: PATIENCE_MS }),
  // The client may do it by itself, too.
  "/retry": async (call) => {
    while (!(await call({ isRetried: true })));
  },
  // Answers while the call is on its way.
  "/leave": async (call) => {
    call().catch(() => {});
    await once(process, "message");
  },
  "/self": () =>
    trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: "ran out of stock" }),
};

function transportOf(name: string): Transport {
  const transport = TRANSPORTS[name];
  if (transport === undefined) throw new Error(`no transport ${name}`);
  return transport;
}

function abortedSoon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), PATIENCE_MS);
  return controller.signal;
}

function failedStep(name: string, message: string): void {
  trace.getTracer("contract").startSpan(name).setStatus({ code: SpanStatusCode.ERROR, message }).end();
}

serveTraced(async (request, response) => {
  const { path, query } = queryOf(request);
  if (path === "/address") return void response.end(address);
  try {
    const { call } = transportOf(query.get("client") ?? served);
    const to = query.get("to") ?? "";
    await CALLS[path]?.((options) => call(to, { isRead: true, ...options }));
  } catch {
    // The answer below tells the caller.
  }
  response.statusCode = Number(query.get("status") ?? 502);
  response.end(JSON.stringify(activeErrorTree() ?? null));
});
