// Many requests at once through one process: what belongs to one never appears in another's tree.
import http, { type IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { type Span, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { expect, onTestFinished, test } from "vitest";
import { listen, request } from "../support/sdk-http.ts";
import { endServices, startService } from "../support/sdk-process.ts";
import { setUp } from "../support/sdk-setup.ts";

const REQUESTS = 50;
const FAILING = new URL("../support/sdk-failing-service.ts", import.meta.url);

/** Resolves for all when all have come. */
function barrier(parties: number): () => Promise<void> {
  let waiting = parties;
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    waiting--;
    if (waiting === 0) open();
    return opened;
  };
}

async function text(stream: IncomingMessage): Promise<string> {
  let out = "";
  for await (const chunk of stream) out += chunk;
  return out;
}

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http.get(url, (answer) => void text(answer).then(resolve, reject)).on("error", reject);
  });
}

function failedStep(name: string): Span {
  const span = trace.getTracer("test").startSpan(`check ${name}`);
  span.setStatus({ code: 2, message: `${name} is broken` });
  return span;
}

/** The names of requests in a text; each is told in operations, messages and URLs. */
function namesIn(value: string): string[] {
  return [...new Set(value.match(/order-\d+/g))];
}

test("with 50 requests in flight each tree holds its own failures, all of them, and nobody else's", {
  timeout: 60_000,
}, async () => {
  const { exporter, sdk } = setUp(
    "withErrorTree",
    { sampler: new AlwaysOffSampler() },
    { headerBytes: 2048 },
  );
  const failing = await startService(FAILING, "stock");
  onTestFinished(() => endServices(failing));
  const [arrived, called, answered] = [barrier(REQUESTS), barrier(REQUESTS), barrier(REQUESTS)];
  const server = http.createServer(async (req, res) => {
    const name = req.url?.slice(1) as string;
    const open = failedStep(name);
    await arrived();
    // Every request takes another number of turns, so that those awaits interleave.
    for (let turns = Number(name.split("-")[1]) % 7; turns > 0; turns--) await turn();
    await Promise.all([
      get(`${failing.url}/http/${name}`),
      fetch(`${failing.url}/fetch/${name}`).then((response) => response.text()),
      called(),
    ]);
    open.end();
    await answered();
    res.writeHead(500).end(name);
  });
  const port = await listen(server);
  const names = Array.from({ length: REQUESTS }, (_, i) => `order-${i}`);
  const responses = await Promise.all(
    names.map((name) => request(port, `/${name}`, { "x-error-tree": "v=1, f=json" })),
  );
  for (const [i, response] of responses.entries()) {
    const name = names[i] as string;
    expect([response.status, response.body]).toEqual([500, name]);
    const value = response.field("x-error-tree") as string;
    expect(namesIn(value), value).toEqual([name]);
    const { service, code, children } = JSON.parse(value);
    expect([service, code]).toEqual(["shop", "internal"]);
    const found = children.map((child: Record<string, unknown>) => [
      child.service,
      child.code,
      child.count ?? 1,
    ]);
    expect(found.sort()).toEqual([
      ["shop", "internal", 1],
      ["stock", "permission-denied", 2],
    ]);
  }
  await sdk.shutdown();
  const traces = new Map<string, ReadableSpan[]>();
  for (const span of exporter.spans) {
    const { traceId } = span.spanContext();
    traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
  }
  expect(traces.size).toBe(REQUESTS);
  for (const spans of traces.values()) {
    // Two of them in place of the service beneath, which has no exporter.
    expect(spans).toHaveLength(6);
    const told = spans.map(({ name, attributes, status }) => JSON.stringify([name, attributes, status]));
    expect(namesIn(told.join())).toHaveLength(1);
  }
});

test("a service that calls itself answers its own ask, with both nodes in the tree", async () => {
  const { exporter, sdk } = setUp("withErrorTree", { sampler: new AlwaysOffSampler() });
  const answers: (string | null)[] = [];
  const server = http.createServer(async (req, res) => {
    if (req.url === "/inner") {
      failedStep("order-0").end();
      res.writeHead(403).end();
      return;
    }
    const inner = await fetch(`http://127.0.0.1:${port}/inner`);
    answers.push(inner.headers.get("x-error-tree"));
    await inner.text();
    res.writeHead(500).end();
  });
  const port = await listen(server);
  const response = await request(port, "/", { "x-error-tree": "v=1, f=json" });
  // Read, and gone from what the program sees.
  expect(answers).toEqual([null]);
  expect(JSON.parse(response.field("x-error-tree") as string)).toMatchObject({
    service: "shop",
    code: "internal",
    children: [
      { service: "shop", code: "permission-denied", error: expect.stringContaining("order-0 is broken") },
    ],
  });
  await sdk.shutdown();
  // The inner request was rejected: the outer one, which failed over it, writes its span from the tree.
  const kinds = exporter.spans.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === SpanKind.SERVER)).toHaveLength(2);
  expect(new Set(exporter.spans.map((span) => span.spanContext().spanId)).size).toBe(3);
});
