// The flow counts of a service under a real NodeSDK: on with a metric reader, without one or by a variable off.
import { metrics, SpanKind, trace } from "@opentelemetry/api";
import { expect, onTestFinished, test, vi } from "vitest";
import { startService, TestReader } from "../health/reading.ts";
import { KeptSpans } from "../support/sdk.ts";

const REQUESTS = "traces_service_graph_request_total";

function request(): void {
  trace.getTracer("test").startSpan("GET", { kind: SpanKind.SERVER, root: true }).end();
}

function requestsIn(values: Readonly<Record<string, number>>): number[] {
  return Object.entries(values).flatMap(([name, value]) => (name.startsWith(REQUESTS) ? [value] : []));
}

async function start(readers: TestReader[]) {
  const service = await startService(readers, new KeptSpans());
  onTestFinished(() => service.sdk.shutdown().catch(() => {}));
  return service;
}

test("a service with a reader counts its requests from its start on", async () => {
  const [one, other] = [new TestReader(), new TestReader()];
  await start([one, other]);
  request();
  expect(requestsIn(await one.read())).toEqual([1]);
  request();
  expect(requestsIn(await one.read())).toEqual([2]);
  expect(requestsIn(await other.read())).toEqual([2]);
});

test("the last collection of a shutdown has what came until then", async () => {
  const reader = new TestReader();
  const { sdk } = await start([reader]);
  request();
  await sdk.shutdown();
  expect(requestsIn(reader.last)).toEqual([1]);
});

test("a variable switches them off, and the other metrics stay", async () => {
  vi.stubEnv("OTEL_ERROR_TREE_FLOW", "false");
  onTestFinished(() => void vi.unstubAllEnvs());
  const reader = new TestReader();
  await start([reader]);
  request();
  const values = await reader.read();
  expect(requestsIn(values)).toEqual([]);
  expect(values).toHaveProperty("error_tree.fragment.live", 0);
});

test("without a reader nothing reads them", async () => {
  await start([]);
  request();
  expect(metrics.getMeterProvider()).not.toHaveProperty("_sharedState");
});
