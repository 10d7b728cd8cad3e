// A service that calls whom the path tells it to call, and answers as the path says.
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { serve } from "../../../support/process/serve.ts";

const tracer = trace.getTracer("doctor");
const server = http.createServer(async (request, response) => {
  const { searchParams: query } = new URL(request.url ?? "/", "http://service");
  for (const to of query.getAll("to")) await call(to);
  for (const to of query.getAll("fetch")) await (await fetch(to)).text();
  for (let step = 1; step <= Number(query.get("steps") ?? "0"); step++) fail(step);
  const headers = { "content-type": "text/plain", "x-padding": "p".repeat(Number(query.get("pad") ?? "0")) };
  response.writeHead(Number(query.get("status") ?? "200"), headers).end("so it is\n");
});
serve(server);

async function call(url: string): Promise<void> {
  const [response] = (await once(http.get(url), "response")) as [http.IncomingMessage];
  await text(response);
  // The client span ends when the body has, a turn later.
  await setImmediate();
}

/** Names and messages that no packing makes short. */
function fail(step: number): void {
  const span = tracer.startSpan(`reserve item ${step}`);
  span.setStatus({ code: SpanStatusCode.ERROR, message: `${noise(step)}: ${noise(step + 100)}` });
  span.end();
}

function noise(seed: number): string {
  let state = seed;
  return Array.from({ length: 40 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(97 + ((state >>> 8) % 26));
  }).join("");
}
