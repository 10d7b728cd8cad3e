// A service that calls through a circuit breaker, within a span of its own as breakers are instrumented by hand.
import http from "node:http";
import { text } from "node:stream/consumers";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import CircuitBreaker from "opossum";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

/** Longer than a call needs to get through to a callee that never answers. */
const PATIENCE_MS = 50;

function call(to: string, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    http
      .get(
        to,
        signal === undefined ? {} : { signal },
        (response) => void text(response).then(resolve, reject),
      )
      .on("error", reject);
  });
}

/** None of these opens by itself. */
const OPTIONS = { timeout: false, volumeThreshold: 1_000 } as const;
type Breaker = CircuitBreaker<[string], unknown>;

function breaker(options: CircuitBreaker.Options = {}, signal?: AbortSignal): Breaker {
  return new CircuitBreaker((to: string) => call(to, signal), { ...OPTIONS, ...options });
}

const open = breaker();
open.open();
const closing = breaker();
closing.shutdown();
const controller = new AbortController();

const WAYS: Readonly<Record<string, Breaker>> = {
  "/open": open,
  "/full": breaker({ capacity: 0 }),
  "/closing": closing,
  "/impatient": breaker({ timeout: PATIENCE_MS }),
  "/aborting": breaker({ timeout: PATIENCE_MS, abortController: controller }, controller.signal),
};

/** What a service does that guards a call by a breaker. */
async function guarded(guard: Breaker | undefined, to: string): Promise<void> {
  await trace.getTracer("breaker").startActiveSpan("stock breaker", async (span) => {
    try {
      await guard?.fire(to);
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    } finally {
      span.end();
    }
  });
}

serveTraced(async (request, response) => {
  const { path, query } = queryOf(request);
  await guarded(WAYS[path], query.get("to") ?? "");
  response.writeHead(Number(query.get("status") ?? 503)).end();
});
