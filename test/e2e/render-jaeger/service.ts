// A service whose failures are told by spans of its own, one in the other; at /secret with a secret in their message.
import http from "node:http";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { serve } from "../../support/process/serve.ts";

const tracer = trace.getTracer("orders");
const SECRET = "postgres://jane:hunter2@db/orders";

const server = http.createServer((request, response) => {
  try {
    step("load the order", () => {
      step("read the cache", () => {});
      step("ask the database", () => {
        throw new Error(request.url === "/secret" ? `connect ${SECRET} failed` : "the table is locked");
      });
    });
  } catch {
    response.writeHead(500);
  }
  response.end(trace.getActiveSpan()?.spanContext().traceId);
});

/** A span around what is done; where that fails, it says so. */
function step(name: string, run: () => void): void {
  tracer.startActiveSpan(name, (span) => {
    try {
      run();
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

serve(server);
