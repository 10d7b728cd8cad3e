// A framework that makes a server span of its own inside the one of node:http, as Next.js does: the request is one node.
import http from "node:http";
import { type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { listen, request } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";

/** The spans of a route handler of Next.js 16 that throws: its request, and the handler in it. */
function nextRequest(route: string, answer: (end: () => void) => void): void {
  const tracer = trace.getTracer("next.js", "0.0.1");
  const attributes = {
    "http.method": "GET",
    "http.target": "/orders/7",
    "next.span_type": "BaseServer.handleRequest",
  };
  tracer.startActiveSpan("GET /orders/7", { kind: SpanKind.SERVER, attributes }, (server: Span) => {
    const handler = tracer.startSpan(`executing api route (app) ${route}`, {
      attributes: { "next.route": route, "next.span_type": "AppRouteRouteHandlers.runHandler" },
    });
    const error = new TypeError("the order is broken");
    handler.recordException(error);
    handler.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    handler.end();
    answer(() => {
      server.setAttributes({ "http.status_code": 500, "http.route": route, "next.route": route });
      server.setStatus({ code: SpanStatusCode.ERROR });
      server.updateName(`GET ${route}`);
      server.end();
    });
  });
}

/** When the framework ends its span. */
const MOMENTS: Readonly<Record<string, (response: http.ServerResponse, end: () => void) => void>> = {
  "before the response": (response, end) => {
    end();
    response.writeHead(500).end();
  },
  "behind the response": (response, end) => {
    response.writeHead(500).end();
    end();
  },
  "when the response is closed": (response, end) => {
    response.once("close", end);
    response.writeHead(500).end();
  },
};

describe.each(Object.entries(MOMENTS))("a server span of the framework that ends %s", (_, answer) => {
  test("folds into that of node:http, with the error of the handler", async () => {
    const { sdk, exporter } = setUp("withErrorTree", { sampler: new AlwaysOffSampler() });
    const server = http.createServer((__, response) =>
      nextRequest("/orders/[id]", (end) => answer(response, end)),
    );
    const port = await listen(server);
    const response = await request(port, "/orders/7", { "x-error-tree": "v=1, f=json" });
    const tree = JSON.parse(response.field("x-error-tree") ?? "{}");
    expect(tree).toMatchObject({
      code: "internal",
      type: "TypeError",
      error: "the order is broken",
      at: "executing api route (app) /orders/[id]",
      children: [],
    });
    await sdk.shutdown();
    const { spans } = exporter;
    // Written as a step of the request, so that a backend counts one request, too.
    expect(spans.map(({ kind }) => kind).toSorted()).toEqual(
      [SpanKind.INTERNAL, SpanKind.INTERNAL, SpanKind.SERVER].toSorted(),
    );
    const roots = spans.filter(({ attributes }) => attributes["error_tree.verdict"] !== undefined);
    expect(roots.map(({ name }) => name)).toEqual(["GET /orders/[id]"]);
    expect(tree.operation).toBe("GET /orders/[id]");
  });
});
