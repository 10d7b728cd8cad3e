// A program that is instrumented twice makes each call once: one node, one trace, and the tree of the callee.
import http from "node:http";
import { setImmediate } from "node:timers/promises";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { backendTrees } from "../support/backend-tree.ts";
import { listen, plainService, request } from "../support/sdk-http.ts";
import { type RunningParts, startParts } from "../support/sdk-parts.ts";
import { closedPort } from "../support/sockets.ts";

const ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"' };

const seconds: { disable(): void }[] = [];
afterEach(() => {
  for (const second of seconds.splice(0)) second.disable();
});

/** Which of the two listens first, and whether both come before the library. */
const ORDERS: readonly [string, () => RunningParts][] = [
  [
    "before the library",
    () => {
      seconds.push(new UndiciInstrumentation());
      return startParts();
    },
  ],
  [
    "after the library",
    () => {
      const parts = startParts();
      seconds.push(new UndiciInstrumentation());
      return parts;
    },
  ],
];

function sketch({ service, operation, code, count, children }: TreeNode): object {
  const beneath = children.map(sketch);
  return {
    what: `${service} ${operation} ${code}${count > 1 ? ` x${count}` : ""}`,
    ...(beneath.length > 0 && { beneath }),
  };
}

/** What the head tells of a request that makes calls, and what a reader of the backend finds. */
async function toldOf(
  parts: RunningParts,
  call: () => Promise<unknown>,
  afterwards: () => void = () => {},
): Promise<[object, object]> {
  const server = http.createServer(async (_, response) => {
    await call().catch(() => undefined);
    response.writeHead(502).end();
  });
  const answer = await request(await listen(server), "/", ASK);
  const tree = readErrorTree(answer.field("x-error-tree") ?? "");
  afterwards();
  await parts.sdk.shutdown();
  const trees = backendTrees(parts.exporter.spans);
  expect(trees).toHaveLength(1);
  expect(parts.health.snapshot().internal_errors).toBeUndefined();
  return [tree === undefined ? {} : sketch(tree.root), sketch((trees[0] as { root: TreeNode }).root)];
}

const CALLEE = '{"service":"stock","operation":"GET /stock","status":"error","code":"internal","error":""';

/** A callee that answers an ask with a tree, and keeps the heads that it got. */
async function answering(): Promise<{ port: number; heads: string[] }> {
  return plainService(500, "broken", (head) => {
    const id = /^x-error-tree: v=1, id="([0-9a-f]{16})"/im.exec(head)?.[1];
    return id === undefined ? [] : [`x-error-tree: ${CALLEE},"id":"${id}","forced":true,"children":[]}`];
  });
}

describe.each(ORDERS)("with a second UndiciInstrumentation %s", (_, start) => {
  test("a call that is answered is its callee's node alone", async () => {
    const parts = start();
    const { port, heads } = await answering();
    const [head, backend] = await toldOf(parts, async () =>
      (await fetch(`http://127.0.0.1:${port}/`)).text(),
    );
    const tree = { what: "shop GET unavailable", beneath: [{ what: "stock GET /stock internal" }] };
    expect(head).toEqual(tree);
    // The callee is not here: its caller alone is.
    expect(backend).toMatchObject({ what: "shop GET unavailable", beneath: [{}] });
    for (const name of ["traceparent", "x-error-tree"]) {
      expect(heads[0]?.match(new RegExp(`^${name}:`, "gim"))).toHaveLength(1);
    }
    const [, traceId, spanId] = /^traceparent: 00-(\w+)-(\w+)-/im.exec(heads[0] ?? "") ?? [];
    expect(heads[0]).toContain(`id="${spanId}"`);
    const span = parts.exporter.spans.find((one) => one.spanContext().spanId === spanId);
    expect(span?.spanContext().traceId).toBe(traceId);
  });

  test("a call that nobody answers is one node", async () => {
    const parts = start();
    const port = await closedPort();
    const tree = { what: "shop GET unavailable", beneath: [{ what: "shop GET unavailable" }] };
    expect(await toldOf(parts, () => fetch(`http://127.0.0.1:${port}/`))).toEqual([tree, tree]);
  });

  test("two calls at one time are two", async () => {
    const parts = start();
    const port = await closedPort();
    const url = `http://127.0.0.1:${port}/`;
    const tree = { what: "shop GET unavailable", beneath: [{ what: "shop GET unavailable x2" }] };
    expect(await toldOf(parts, () => Promise.allSettled([fetch(url), fetch(url)]))).toEqual([tree, tree]);
  });

  test("a call that still runs is one", async () => {
    const parts = start();
    const running: http.ServerResponse[] = [];
    const port = await listen(http.createServer((_, response) => void running.push(response)));
    const arrived = async (): Promise<void> => {
      while (running.length === 0) await setImmediate();
    };
    const told = await toldOf(
      parts,
      () => {
        fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
        return arrived();
      },
      () => running[0]?.end(),
    );
    const tree = { what: "shop GET unavailable", beneath: [{ what: "shop GET ok" }] };
    expect(told).toEqual([tree, tree]);
  });
});

test("with a second HttpInstrumentation a call is its callee's node alone, and the request one", async () => {
  const second = new HttpInstrumentation();
  onTestFinished(() => second.disable());
  const parts = startParts();
  const { port } = await answering();
  const [head] = await toldOf(
    parts,
    () =>
      new Promise((resolve) => {
        http.get(`http://127.0.0.1:${port}/`, (answer) => answer.resume().on("end", resolve));
      }),
  );
  expect(head).toEqual({ what: "shop GET unavailable", beneath: [{ what: "stock GET /stock internal" }] });
});
