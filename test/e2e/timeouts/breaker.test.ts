// Calls that a circuit breaker refuses or cuts short: recognised by code and error type, and without a call that never was.
import { formatTree } from "otel-error-tree";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answer,
  ask,
  exportedSpans,
  type Service,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { Backend } from "./backend.ts";
import { Peers } from "./peers.ts";

const peers = new Peers();
let backend: Backend;
let orders: Service;

beforeAll(async () => {
  await peers.open();
  backend = await Backend.start();
  orders = await startService(new URL("./programs/breaker.ts", import.meta.url), {
    name: "orders",
    receiver: backend.receiver,
    env: { OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" },
  });
});

afterAll(async () => {
  expect(await orders.stop()).toBe("");
  await peers.close();
  await backend.receiver.close();
});

function call(way: string, status: number): Promise<Answer> {
  return ask(
    orders,
    `${way}?${new URLSearchParams({ to: peers.url("never answers"), status: String(status) })}`,
  );
}

function linesOf({ tree }: Answer): string[] {
  const lines = tree === undefined ? [] : formatTree(tree).split("\n");
  return lines.filter((line) => !/^ +at /.test(line));
}

const AT = "orders GET at stock breaker";

test.each([
  ["/open", 503, `failed: ${AT} unavailable: EOPENBREAKER: Breaker is open  <- root cause`],
  ["/full", 429, `rejected: ${AT} resource-exhausted: ESEMLOCKED: Semaphore locked  <- root cause`],
  ["/closing", 503, `failed: ${AT} unavailable: ESHUTDOWN: The circuit has been shutdown.  <- root cause`],
])("%s: the breaker's own error is the cause, with no call beneath", async (way, status, line) => {
  const answer = await call(way, status);
  expect(linesOf(answer)).toEqual([line]);
  if (status === 429) return;
  await exportedSpans(backend.receiver, answer.traceId, ["orders"]);
  expect(await backend.trees(answer.traceId)).toEqual([sketchOf(answer)]);
});

test.each([
  ["/open", "unavailable: EOPENBREAKER: Breaker is open"],
  ["/full", "resource-exhausted: ESEMLOCKED: Semaphore locked"],
])("%s: where the service copes with it the breaker is a node with a code of its own", async (way, leaf) => {
  expect(linesOf(await call(way, 200))).toEqual([
    "handled: orders GET ok  [handled]",
    `└─ orders stock breaker ${leaf}  <- root cause`,
  ]);
});

test("a breaker that gives up while its call still runs is the cause, and the call is pending", async () => {
  const answer = await call("/impatient", 504);
  expect(linesOf(answer)).toEqual([
    `failed: ${AT} deadline-exceeded: ETIMEDOUT: Timed out after 50ms  <- root cause`,
    expect.stringMatching(/^└─ pending \d+ ms: orders GET -> 127\.0\.0\.1$/),
  ]);
  await exportedSpans(backend.receiver, answer.traceId, ["orders"]);
  expect(await backend.trees(answer.traceId)).toEqual([sketchOf(answer)]);
});

test("a breaker that aborts its call has the cancelled call beneath it", async () => {
  const answer = await call("/aborting", 504);
  expect(linesOf(answer)).toEqual([
    "failed: orders GET at stock breaker deadline-exceeded: ETIMEDOUT: Timed out after 50ms  [drift cancelled -> deadline-exceeded]",
    "└─ orders GET -> 127.0.0.1 cancelled: AbortError: The operation was aborted  [no response]  <- root cause, not for sure",
    "        caused by: AbortError: This operation was aborted",
    "or: orders GET deadline-exceeded (by itself: a program may take cancelled for an answer)",
  ]);
});
