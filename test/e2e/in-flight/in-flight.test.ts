// What hanging requests keep in memory is bounded in bytes, measured as heap after collections, and their trees are whole.
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readErrorTree } from "otel-error-tree";
import { expect, onTestFinished, test } from "vitest";
import { NodeProcess } from "../../support/process/node-process.ts";
import type { HeapReading } from "../memory/heap.ts";
import type { Shape } from "./service.ts";

const BUDGET = 64 * 1024 * 1024;

/** A request; the messages of what failed beneath it, as its response says. */
async function messagesOf(url: string): Promise<unknown> {
  const request = http.get(url, { agent: false, headers: { "x-error-tree": "v=1, f=json" } });
  const [response] = (await once(request.setTimeout(0), "response")) as [http.IncomingMessage];
  response.resume();
  const tree = readErrorTree(String(response.headers["x-error-tree"]));
  return tree && [tree.root, ...tree.root.children].flatMap(({ message = [] }) => message);
}

/** As many requests as given hang, with spans of this shape; bytes that the heap grew by, and what the responses say. */
async function hang(requests: number, shape: Shape): Promise<{ grown: number; causes: unknown[] }> {
  const service = new NodeProcess(new URL("./service.ts", import.meta.url), {
    args: [JSON.stringify(shape)],
    nodeOptions: ["--expose-gc"],
    env: { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
  });
  onTestFinished(async () => void (await service.release()));
  await service.listens();
  const before = await service.ask<HeapReading>("heap");
  const answers = Array.from({ length: requests }, () => messagesOf(service.url));
  while ((await service.ask<number>("hanging")) < requests) await sleep(20);
  const { heap } = await service.ask<HeapReading>("heap");
  await service.ask("answer");
  const causes = await Promise.all(answers);
  return { grown: heap - before.heap, causes };
}

test.each<[number, Shape]>([
  [20, { spans: 400, bytes: 50_000 }],
  [1_000, { spans: 20, bytes: 2_000 }],
  [500, { spans: 400, bytes: 20 }],
])(
  "%i hanging requests with spans of %o",
  async (requests, shape) => {
    const { grown, causes } = await hang(requests, shape);
    expect(causes).toEqual(Array(requests).fill(["card declined"]));
    expect(grown).toBeLessThan(1.2 * BUDGET);
  },
  120_000,
);
