// A request that one server of the process hands to another one is one request still: one trace, one tree.
import http, { type RequestListener } from "node:http";
import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { backendTrees } from "../support/backend-tree.ts";
import { listen, plainService, request } from "../support/sdk-http.ts";
import { type RunningParts, startParts } from "../support/sdk-parts.ts";

const ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"' };
const REMOTE = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" };

/** Answers 500 because what it calls did. */
function failing(port: number): RequestListener {
  return async (_, response) => {
    const answer = await fetch(`http://127.0.0.1:${port}/stock`);
    await answer.text();
    response.writeHead(500).end();
  };
}

/** A server in front that hands every request to the one behind. */
function handingOn(listener: RequestListener): http.Server {
  const behind = http.createServer(listener);
  return http.createServer((request, response) => {
    behind.emit("request", request, response);
  });
}

async function startLeaf(): Promise<number> {
  const { port } = await plainService(500, "broken", ["x-error-tree: internal"]);
  return port;
}

function shapeOf({ service, operation, code, children, peer }: TreeNode): object {
  const beneath = children.map(shapeOf);
  return { service, operation, code, ...(peer && { peer }), ...(beneath.length > 0 && { beneath }) };
}

const TREE = {
  service: "shop",
  operation: "GET",
  code: "internal",
  beneath: [{ service: "shop", operation: "GET", code: "internal", peer: "127.0.0.1" }],
};

/** What a reader of the backend makes of all that was exported. */
function exportedTrees({ exporter }: RunningParts): object[] {
  return backendTrees(exporter.spans).map(({ root }) => shapeOf(root));
}

test.each([
  ["without a trace", {}],
  ["with a trace", REMOTE],
])("a request %s that another server is handed is one failure", async (_, headers) => {
  const parts = startParts();
  const port = await listen(handingOn(failing(await startLeaf())));
  const response = await request(port, "/orders", { ...ASK, ...headers });
  const tree = readErrorTree(response.field("x-error-tree") ?? "");
  expect(tree && shapeOf(tree.root)).toEqual(TREE);
  await parts.sdk.shutdown();
  expect(parts.health.all()).toMatchObject({ verdicts_failed: 1 });
  const traces = new Set(parts.exporter.spans.map((span) => span.spanContext().traceId));
  expect(traces.size).toBe(1);
  expect(exportedTrees(parts)).toEqual([TREE]);
});

test("a request that goes through three servers is one, too", async () => {
  const parts = startParts();
  const behind = handingOn(failing(await startLeaf()));
  const port = await listen(http.createServer((...exchange) => void behind.emit("request", ...exchange)));
  const response = await request(port, "/orders", ASK);
  const tree = readErrorTree(response.field("x-error-tree") ?? "");
  expect(tree && shapeOf(tree.root)).toEqual(TREE);
  await parts.sdk.shutdown();
  expect(parts.health.all()).toMatchObject({ verdicts_failed: 1 });
});

test("two requests on one connection stay two", async () => {
  const parts = startParts();
  const port = await listen(handingOn(failing(await startLeaf())));
  await request(port, "/orders", ASK);
  await request(port, "/orders", ASK);
  await parts.sdk.shutdown();
  expect(parts.health.all()).toMatchObject({ verdicts_failed: 2 });
  const traces = new Set(parts.exporter.spans.map((span) => span.spanContext().traceId));
  expect(traces.size).toBe(2);
});

test("what a program extracts when a request is over begins a trace of its own", async () => {
  startParts();
  let headers: http.IncomingHttpHeaders = {};
  const port = await listen(
    http.createServer((incoming, response) => {
      headers = incoming.headers;
      response.end();
    }),
  );
  await request(port, "/", ASK);
  const late = propagation.extract(ROOT_CONTEXT, headers);
  expect(trace.getSpanContext(late)).toBeUndefined();
});

test("what a program extracts into a context with a span keeps that span", async () => {
  startParts();
  const spans: (string | undefined)[] = [];
  const port = await listen(
    http.createServer((incoming, response) => {
      const own = trace.getTracer("test").startSpan("own");
      const inside = trace.setSpan(context.active(), own);
      spans.push(trace.getSpanContext(propagation.extract(inside, incoming.headers))?.spanId);
      spans.push(own.spanContext().spanId);
      own.end();
      response.end();
    }),
  );
  await request(port, "/", ASK);
  expect(spans[0]).toBe(spans[1]);
});
