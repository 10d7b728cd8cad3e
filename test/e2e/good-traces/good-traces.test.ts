// Services in a row of which nobody samples anything: the good traces that the first one takes are exported whole, and no others.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ReceivedSpan, type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { MOST_PER_MINUTE } from "../../../src/trickle/good-traces.ts";
import { attributesOf, type Service, startService } from "../../support/services.ts";

const RELAY = new URL("./relay.ts", import.meta.url);
const PARENT_BASED = "parentbased_always_off";
const INTERVAL = "OTEL_ERROR_TREE_GOOD_TRACE_INTERVAL_MS";
const SERVER = 2;
/** A request through three services: their SERVER spans, and the CLIENT spans of two. Express adds spans of its layers. */
const PARTS = ["back 2", "front 2", "front 3", "middle 2", "middle 3"];

let receiver: Receiver;
let traceIds: Set<string>;
let services: Service[];

beforeEach(async () => {
  services = [];
  traceIds = new Set();
  receiver = await startReceiver({
    onRequest: (json) => {
      for (const [, traceId = ""] of json.matchAll(/"traceId":"(\w+)"/g)) traceIds.add(traceId);
    },
  });
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await receiver.close();
});

async function start(name: string, env: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(RELAY, {
    name,
    receiver,
    env: { OTEL_TRACES_SAMPLER: PARENT_BASED, OTEL_BSP_SCHEDULE_DELAY: "10", ROUTES: "/", ...env },
  });
  services.push(service);
  return service;
}

/** Three services in a row; returns what the front has to be asked to go through all of them. */
async function startRow(front: Readonly<Record<string, string>>): Promise<string> {
  const [back, middle] = await Promise.all([start("back", {}), start("middle", {}), start("front", front)]);
  const atMiddle = `${middle.url}/?to=${encodeURIComponent(`${back.url}/`)}`;
  return `to=${encodeURIComponent(atMiddle)}`;
}

function front(): Service {
  return services.find(({ name }) => name === "front") as Service;
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const response = await fetch(front().url + path, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** Everything that was exported, by trace, when all services have ended. */
async function exported(): Promise<readonly (readonly ReceivedSpan[])[]> {
  await Promise.all(services.map((service) => service.ask("shutdown")));
  return [...traceIds].map((traceId) => receiver.spansOf(traceId));
}

function rootOf(spans: readonly ReceivedSpan[]): ReceivedSpan | undefined {
  return spans.find(({ parentSpanId }) => !parentSpanId);
}

function routesOf(traces: readonly (readonly ReceivedSpan[])[]): unknown[] {
  return traces.map((spans) => attributesOf(rootOf(spans))["http.route"]).sort();
}

function assertWhole(spans: readonly ReceivedSpan[]): void {
  const parts = new Set(
    spans.filter(({ kind }) => kind !== 1).map(({ service, kind }) => `${service} ${kind}`),
  );
  expect([...parts].sort()).toEqual(PARTS);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  expect(spans.filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId))).toEqual([]);
  const marked = spans.filter((span) => attributesOf(span)["error_tree.good_trace"] !== undefined);
  expect(marked).toEqual([rootOf(spans)]);
  expect(attributesOf(marked[0])["error_tree.good_trace"]).toBe(true);
}

describe("of each operation", () => {
  test.each([
    ["parent based samplers", PARENT_BASED],
    ["a first service whose sampler asks no parent", "always_off"],
  ])("one good trace is exported, whole, by all services: %s", async (_, sampler) => {
    const through = await startRow({
      [INTERVAL]: "600000",
      OTEL_TRACES_SAMPLER: sampler,
      ROUTES: "/orders/:id /carts/:id",
    });
    for (let i = 0; i < 30; i++) {
      expect(await get(`/orders/${i}?${through}`)).toBe(200);
      if (i % 3 === 0) expect(await get(`/carts/${i}?${through}`)).toBe(200);
    }
    const traces = await exported();
    expect(routesOf(traces)).toEqual(["/carts/:id", "/orders/:id"]);
    for (const spans of traces) assertWhole(spans);
  });

  test("one in each interval, and not sooner", async () => {
    const everyMs = 1_000;
    const through = await startRow({ [INTERVAL]: String(everyMs), ROUTES: "/orders/:id" });
    while (traceIds.size < 3) await get(`/orders/1?${through}`);
    const traces = await exported();
    for (const spans of traces) assertWhole(spans);
    const starts = traces.map((spans) => Number(startOf(rootOf(spans)) / 1_000_000n)).sort((a, b) => a - b);
    // A start is a whole millisecond, and the time from it to the sampler is not counted.
    for (const [i, at] of starts.entries()) {
      if (i > 0) expect(at - (starts[i - 1] as number)).toBeGreaterThanOrEqual(everyMs - 20);
    }
  }, 60_000);
});

function startOf(span: ReceivedSpan | undefined): bigint {
  return BigInt((span as unknown as { startTimeUnixNano: string }).startTimeUnixNano);
}

test("under load the trickle lets out as many as it may, whatever is asked for", async () => {
  const words = Array.from(
    { length: 40 },
    (_, i) => `${"abcdefghij"[i % 10]}${"klmnop"[Math.floor(i / 10)]}`,
  );
  await start("front", { [INTERVAL]: "1000", ROUTES: words.map((word) => `/${word}/:id`).join(" ") });
  const began = performance.now();
  for (let round = 0; round < 5; round++) {
    const paths = words.flatMap((word) => [
      `/${word}/${round}`,
      `/${word}x/${round}`,
      `/${word}/${round}?status=404`,
    ]);
    await Promise.all(paths.map((path) => get(path)));
  }
  const minutes = (performance.now() - began) / 60_000;
  const traces = await exported();
  const good = traces.filter((spans) => attributesOf(rootOf(spans))["error_tree.good_trace"] === true);
  expect(good.length).toBeGreaterThanOrEqual(MOST_PER_MINUTE / 2);
  expect(good.length).toBeLessThanOrEqual(Math.ceil((1 + minutes) * MOST_PER_MINUTE) + 5);
  for (const spans of good) expect(spans.filter(({ kind }) => kind === SERVER)).toHaveLength(1);
});

describe("nothing is exported", () => {
  test("with the option off", async () => {
    const through = await startRow({ ROUTES: "/orders/:id" });
    for (let i = 0; i < 10; i++) expect(await get(`/orders/${i}?${through}`)).toBe(200);
    expect(await exported()).toEqual([]);
  });

  test("of the trace of a caller that does not sample it, nor of what is not found", async () => {
    const through = await startRow({ [INTERVAL]: "1000", ROUTES: "/orders/:id" });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    for (let i = 0; i < 5; i++) {
      expect(await get(`/orders/${i}?${through}`, { traceparent })).toBe(200);
      expect(await get(`/nowhere/${i}`)).toBe(404);
    }
    expect(await exported()).toEqual([]);
  });

  test("with a wrong variable, and the log says so", async () => {
    await start("front", { [INTERVAL]: "10m", ROUTES: "/orders/:id" });
    for (let i = 0; i < 3; i++) expect(await get(`/orders/${i}`)).toBe(200);
    expect(await exported()).toEqual([]);
    expect(front().err).toContain(
      `${INTERVAL} must be an integer from 1000 to 2147483647, or absent for none, got "10m" (string); it counts as absent (none)`,
    );
  });
});

test("a request that was taken and fails is exported once, and another one is taken soon", async () => {
  const through = await startRow({ [INTERVAL]: "64000", ROUTES: "/orders/:id" });
  expect(await get(`/orders/1?${through}`)).toBe(200);
  expect(await get(`/orders/2?${through}&status=500`)).toBe(500);
  while (traceIds.size < 2) expect(await get(`/orders/3?${through}`)).toBe(200);
  const traces = await exported();
  const marks = traces.map((spans) => attributesOf(rootOf(spans))["error_tree.good_trace"]);
  expect(marks.toSorted()).toEqual([false, true]);
  for (const spans of traces) expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
}, 60_000);
