// The caller goes away before the answer: the service goes on, says so in what it exports, and keeps nothing.
import http from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ReceivedSpan, type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import {
  ask,
  attributesOf,
  countsOf,
  exportedSpans,
  JSON_ASK,
  type Service,
  startService,
} from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";

const PLAIN = new URL("./programs/plain.ts", import.meta.url);
const CALLEE = new URL("./programs/callee.ts", import.meta.url);
/** Requests kept at one time: a few that stayed for ever would push out others, which is counted. */
const MAX_FRAGMENTS = 4;

let receiver: Receiver;
let orders: Service;
let payments: Service;
let broken: string;

beforeAll(async () => {
  receiver = await startReceiver();
  [orders, payments] = await Promise.all([
    startService(PLAIN, {
      name: "orders",
      receiver,
      env: { PARTS: "by-hand", OTEL_ERROR_TREE_MAX_FRAGMENTS: String(MAX_FRAGMENTS) },
    }),
    startService(CALLEE, { name: "payments", receiver }),
  ]);
  broken = `${payments.url}/broken?to=http://127.0.0.1:${await closedPort()}`;
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), payments.stop()])).toEqual(["", ""]);
  await receiver.close();
});

/** Sends a request, and goes away as soon as `waiting` resolves; returns the request's trace id. */
async function leave(path: string, waiting: Promise<unknown>, how = "destroyed"): Promise<string> {
  const traceId = orders.told("traceId") as Promise<string>;
  const request = http.get(orders.url + path, { agent: false, headers: { "x-error-tree": JSON_ASK } });
  request.on("error", () => undefined);
  const closed = new Promise((resolve) => request.once("close", resolve));
  await waiting;
  if (how === "reset") request.socket?.resetAndDestroy();
  else request.destroy();
  await closed;
  return await traceId;
}

/** Goes away while the service waits for it; resolves when the service has noticed. */
async function abandon(query: Record<string, string>, how: string): Promise<string> {
  const left = orders.told("left");
  const traceId = await leave(`/abandon?${new URLSearchParams(query)}`, orders.told("waiting"), how);
  await left;
  return traceId;
}

function rootOf(spans: readonly ReceivedSpan[]): ReceivedSpan | undefined {
  return spans.find(({ service, parentSpanId }) => service === "orders" && parentSpanId === undefined);
}

const ROWS = [
  ["destroyed", "nothing"],
  ["destroyed", "answer"],
  ["reset", "nothing"],
  ["reset", "answer"],
] as const;

test.each(ROWS)(
  "a connection %s, then %s: the failure beneath is exported, with the root abandoned",
  async (how, then) => {
    const traceId = await abandon({ to: broken, then }, how);
    const spans = await exportedSpans(receiver, traceId, ["orders", "payments"]);
    const { "error_tree.text": text, ...attributes } = attributesOf(rootOf(spans));
    expect(attributes).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.origin": "propagated",
      "error_tree.root_cause.service": "payments",
      "error_tree.forced": true,
    });
    expect(String(text).split("\n")[0]).toMatch(/orders GET cancelled.*\[.*abandoned.*\]/);
  },
);

test.each(ROWS)(
  "a connection %s, then %s: the service answers the next one, and keeps nothing",
  async (how, then) => {
    for (let i = 0; i < 3 * MAX_FRAGMENTS; i++) await abandon({ then }, how);
    const answer = await ask(orders, `/http/read?${new URLSearchParams({ to: broken, status: "502" })}`);
    expect(answer.tree).toMatchObject({
      omitted: 0,
      root: { code: "unavailable", children: [{ code: "internal" }] },
    });
    await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
    const counts = await countsOf(orders);
    expect(counts.fragments_evicted ?? 0).toBe(0);
    expect(counts.internal_errors ?? 0).toBe(0);
  },
);

test("a failure beneath that comes after the caller left is exported late", async () => {
  const left = orders.told("left");
  const to = `${payments.url}/waits`;
  const traceId = await leave(`/abandon-working?${new URLSearchParams({ to })}`, payments.told("arrived"));
  await left;
  payments.tell("answer now");
  const spans = await exportedSpans(receiver, traceId, ["orders", "payments"]);
  expect(attributesOf(rootOf(spans))).toMatchObject({
    "error_tree.verdict": "failed",
    "error_tree.root_cause.service": "payments",
    "error_tree.root_cause.code": "internal",
    "error_tree.late": true,
  });
  expect(String(attributesOf(rootOf(spans))["error_tree.text"]).split("\n")[0]).toMatch(
    /cancelled.*\[.*abandoned/,
  );
});
