import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinTrees } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInput } from "../../../src/cli/input/read-input.ts";
import { TraceStore } from "../../../src/cli/trace-store.ts";
import { buildTrees } from "../../../src/tree/build.ts";
import type { ErrorTree } from "../../../src/tree/tree.ts";
import {
  type Answer,
  ask,
  countsOf,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { Backend, renderedTrees } from "./backend.ts";

const CALLEE = new URL("./programs/callee.ts", import.meta.url);
const CALLER = new URL("./programs/caller.ts", import.meta.url);
const ENV = { PARTS: "by-hand", OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };
const folder = mkdtempSync(join(tmpdir(), "sides-"));

let backend: Backend;
let orders: Service;
let stock: Service;

beforeAll(async () => {
  backend = await Backend.start();
  const { receiver } = backend;
  [orders, stock] = await Promise.all([
    startService(CALLER, { name: "orders", receiver, env: ENV }),
    startService(CALLEE, { name: "stock", receiver, env: ENV }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), stock.stop()])).toEqual(["", ""]);
  await backend.receiver.close();
  rmSync(folder, { recursive: true });
});

/** What one service exported of a trace, as a file. */
function fileOf(traceId: string, service: string): string {
  const path = join(folder, `${traceId}-${service}.ndjson`);
  writeFileSync(path, backend.file(traceId, service));
  return path;
}

/** The tree of what one service exported, without any knowledge of the others. */
async function treeOf(traceId: string, service: string): Promise<ErrorTree> {
  const store = new TraceStore();
  const lines = backend.file(traceId, service);
  await readInput(
    (async function* () {
      yield Buffer.from(lines);
    })() as never,
    service,
    store,
  );
  const trees = [...store.drain()].flatMap(({ records }) => buildTrees(records, { traceId }));
  expect(trees).toHaveLength(1);
  return trees[0] as ErrorTree;
}

/** A request over calls whose limit of time passes while the callee is at work. */
async function timedOut(way: string, times = 1): Promise<Answer> {
  await countsOf(stock);
  let arrived = stock.told("arrived");
  const answer = ask(
    orders,
    `${way}?${new URLSearchParams({ to: `${stock.url}/slow`, times: String(times) })}`,
  );
  for (let i = 0; i < times; i++) {
    await arrived;
    arrived = stock.told("arrived");
    orders.tell("the limit counts");
  }
  arrived.catch(() => undefined);
  return await answer;
}

describe("both sides of one timeout", () => {
  const ROOT: Sketch = { service: "orders", operation: "GET", code: "unavailable" };
  const WAYS = ["/http/limit-when-told", "/http/set-timeout-when-told", "/fetch/limit-when-told"];

  test.each(WAYS)(
    "%s: are exported in one trace, and are one tree, however they are put together",
    async (way) => {
      const answer = await timedOut(way);
      const [call] = sketchOf(answer)?.children ?? [];
      expect(call).toMatchObject({ service: "orders", code: "deadline-exceeded", unanswered: true });
      await exportedSpans(backend.receiver, answer.traceId, ["orders", "stock"]);
      const callee: Sketch = { service: "stock", operation: "GET", code: "cancelled", abandoned: true };
      const whole: Sketch = { ...ROOT, children: [{ ...call, children: [callee] }] };
      const files = [fileOf(answer.traceId, "orders"), fileOf(answer.traceId, "stock")];
      expect(await renderedTrees([files[0] as string])).toEqual([sketchOf(answer)]);
      expect(await renderedTrees([files[1] as string])).toEqual([callee]);
      expect(await renderedTrees(files)).toEqual([whole]);
      expect(await renderedTrees(files.reverse())).toEqual([whole]);
      const [caller, other] = [await treeOf(answer.traceId, "orders"), await treeOf(answer.traceId, "stock")];
      for (const joined of [joinTrees(caller, other), joinTrees(other, caller)]) {
        expect(joined.apart).toBeUndefined();
        expect(sketchOf({ tree: joined })).toEqual(whole);
      }
      stock.tell("go on");
    },
  );

  test("equal attempts are one node with a count on both sides", async () => {
    const answer = await timedOut("/http/limit-when-told", 3);
    const [call] = sketchOf(answer)?.children ?? [];
    expect(call).toMatchObject({ code: "deadline-exceeded", count: 3 });
    await exportedSpans(backend.receiver, answer.traceId, ["orders", "stock"]);
    await backend.receiver.waitForSpans(answer.traceId, 4 + 3, 10_000);
    const callee: Sketch = { service: "stock", operation: "GET", code: "cancelled", abandoned: true };
    expect(await backend.trees(answer.traceId)).toEqual([
      { ...ROOT, children: [{ ...call, children: [callee] }] },
    ]);
    stock.tell("go on");
  });

  test("a call that was cancelled and whose callee is abandoned is one node, and none if all went well", async () => {
    for (const status of [502, 200]) {
      await countsOf(stock);
      const arrived = stock.told("arrived");
      const query = new URLSearchParams({ to: `${stock.url}/slow`, status: String(status) });
      const answering = ask(orders, `/http/lost-interest?${query}`);
      await arrived;
      orders.tell("give up");
      const answer = await answering;
      const spans = status === 502 ? ["orders", "stock"] : ["stock"];
      await exportedSpans(backend.receiver, answer.traceId, spans);
      const callee: Sketch = { service: "stock", operation: "GET", code: "cancelled", abandoned: true };
      const [tree] = await backend.trees(answer.traceId);
      expect(tree).toEqual(status === 502 ? { ...ROOT, children: [callee] } : callee);
      stock.tell("go on");
    }
  });

  test("a header value that names the caller's span is put where it belongs", async () => {
    const answer = await timedOut("/http/limit-when-told");
    const spans = await exportedSpans(backend.receiver, answer.traceId, ["orders", "stock"]);
    const client = spans.find(
      ({ service, parentSpanId }) => service === "orders" && parentSpanId !== undefined,
    );
    const value = `x-error-tree: unavailable;id="${client?.spanId}";s="stock"`;
    const path = join(folder, "header.txt");
    writeFileSync(path, value);
    const [call] = sketchOf(answer)?.children ?? [];
    const told: Sketch = { service: "stock", operation: "", code: "unavailable" };
    const caller = fileOf(answer.traceId, "orders");
    for (const files of [
      [caller, path],
      [path, caller],
      [path, caller, path],
    ]) {
      expect(await renderedTrees(files)).toEqual([{ ...ROOT, children: [{ ...call, children: [told] }] }]);
    }
    const [both] = await renderedTrees([caller, path, fileOf(answer.traceId, "stock")]);
    expect(both?.children?.[0]?.children).toEqual([
      { service: "stock", operation: "GET", code: "cancelled", abandoned: true },
    ]);
    stock.tell("go on");
  });

  test("a body that breaks off is lost at the callee, and broken at the caller", async () => {
    await countsOf(orders);
    const reading = orders.told("reading");
    const answering = ask(orders, `/http?${new URLSearchParams({ to: `${stock.url}/cut` })}`);
    await reading;
    stock.tell("drop it");
    const answer = await answering;
    await exportedSpans(backend.receiver, answer.traceId, ["orders", "stock"]);
    expect(await backend.trees(answer.traceId)).toEqual([
      {
        ...ROOT,
        children: [
          {
            service: "orders",
            operation: "GET",
            code: "unavailable",
            errorType: "ECONNRESET",
            message: "aborted",
            peer: "127.0.0.1",
            children: [{ service: "stock", operation: "GET", code: "data-loss" }],
          },
        ],
      },
    ]);
  });
});
