// The parts of the lab that need no process: topologies, the receiver, the dice and the observer's drawing.
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../examples/lab/account.ts";
import { chanceOf } from "../../examples/lab/chance.ts";
import { differences, drawTree, everyCall } from "../../examples/lab/expected-tree.ts";
import { type Receiver, startReceiver } from "../../examples/lab/receiver.ts";
import { readSettings } from "../../examples/lab/settings.ts";
import { parseTopology } from "../../examples/lab/topology.ts";
import type { TreeNode } from "../../src/tree/tree.ts";

describe("a topology", () => {
  test("becomes the environment of each service", () => {
    const text = `
root: a
seed: 5
services:
  a: { port: 1, downstreams: [b], forceErrorMapping: not-found, sequential: true }
  b: { port: 2, failRate: 0.5, errorType: aborted }
`;
    const { root, services } = parseTopology(text, "t.yaml");
    expect(root).toBe("a");
    expect(services.get("a")).toEqual({
      name: "a",
      port: 1,
      downstreams: ["b"],
      environment: { SEED: "5", FORCE_ERROR_MAPPING: "not-found", SEQUENTIAL: "true" },
    });
    expect(services.get("b")?.environment).toEqual({ SEED: "5", FAIL_RATE: "0.5", ERROR_TYPE: "aborted" });
  });

  test.each([
    ["no mapping", "[]", "t.yaml must be a mapping with the keys root, seed, services; got []"],
    ["an unknown key", "roots: a", "t.yaml must be a mapping with the keys root, seed, services; got roots"],
    ["no services", "root: a", "t.yaml: services must be a mapping; got nothing"],
    [
      "no root",
      "services: { a: { port: 1 } }",
      "t.yaml: root must be the name of a service of this file (a); got nothing",
    ],
    [
      "no port",
      "{ root: a, services: { a: {} } }",
      "t.yaml: services.a.port must be a port from 0 to 65535; got nothing",
    ],
    [
      "an unknown setting",
      "{ root: a, services: { a: { port: 1, shouldfail: true } } }",
      "t.yaml: services.a must be a mapping with the keys port, downstreams, sequential, shouldFail,",
    ],
    [
      "a bad code",
      "{ root: a, services: { a: { port: 1, errorType: teapot } } }",
      "t.yaml: services.a.errorType must be a canonical code: invalid-argument,",
    ],
    [
      "an unknown downstream",
      "{ root: a, services: { a: { port: 1, downstreams: [x] } } }",
      "t.yaml: services.a.downstreams[0] must be the name of a service of this file (a); got x",
    ],
    [
      "a port used twice",
      "{ root: a, services: { a: { port: 1, downstreams: [b] }, b: { port: 1 } } }",
      "t.yaml: services.b.port must be a port of its own (a has this one); got 1",
    ],
    [
      "a circle",
      "{ root: a, services: { a: { port: 1, downstreams: [b] }, b: { port: 2, downstreams: [a] } } }",
      "t.yaml: services.b.downstreams must be calls without a circle; got a -> b -> a",
    ],
    [
      "a service that nobody calls",
      "{ root: a, services: { a: { port: 1 }, b: { port: 2 } } }",
      "t.yaml: services.b must be a service that the root reaches; got one that nobody calls",
    ],
    ["broken YAML", "root: [", "t.yaml: Flow sequence"],
  ])("with %s is refused", (_, text, problem) => {
    expect(() => parseTopology(text, "t.yaml")).toThrow(problem);
  });
});

describe("the environment of a service", () => {
  test.each([
    [{ PORT: "http" }, "PORT must be a number from 0 to 65535, got http"],
    [{ SHOULD_FAIL: "yes" }, "SHOULD_FAIL must be true or false, got yes"],
    [{ ERROR_TYPE: "teapot" }, "ERROR_TYPE must be a canonical code such as not-found, got teapot"],
    [{ FAIL_RATE: "2" }, "FAIL_RATE must be a number from 0 to 1, got 2"],
    [{ DOWNSTREAMS: "service-a:8081" }, "DOWNSTREAMS must be URLs such as http://service-a:8081"],
  ])("%o is refused", (env, problem) => {
    expect(() => readSettings(env)).toThrow(problem);
  });
});

test("whether a request fails at random depends on seed, service, request and call alone", () => {
  const roll = (seed: number, service: string, id: string, call: string): number =>
    chanceOf(seed, service, id, call);
  expect(roll(1, "a", "r", "0.1")).toBe(roll(1, "a", "r", "0.1"));
  const others = [
    roll(2, "a", "r", "0.1"),
    roll(1, "b", "r", "0.1"),
    roll(1, "a", "s", "0.1"),
    roll(1, "a", "r", "0.2"),
  ];
  expect(new Set([roll(1, "a", "r", "0.1"), ...others]).size).toBe(5);
  const failed = Array.from({ length: 10_000 }, (_, i) => roll(1, "a", `r-${i}`, "0")).filter((x) => x < 0.1);
  expect(failed.length / 10_000).toBeCloseTo(0.1, 1);
});

describe("the receiver", () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver({ maxSpans: 3 });
  });
  afterAll(() => receiver.close());

  const send = (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = "/v1/traces",
  ): Promise<Response> =>
    fetch(`${receiver.url}${path}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });

  test("takes JSON, plain and gzipped, and forgets the oldest traces first", async () => {
    expect(await (await send(otlp("a", "shop", 2))).json()).toEqual({});
    expect(receiver.spansOf("a").map(({ service }) => service)).toEqual(["shop", "shop"]);
    const gzipped = new Uint8Array(gzipSync(otlp("b", "pay", 3)));
    expect((await send(gzipped, { "content-encoding": "gzip" })).status).toBe(200);
    expect([receiver.spanCount, receiver.spansOf("a").length, receiver.spansOf("b").length]).toEqual([
      3, 0, 3,
    ]);
  });

  test("says what it does not take", async () => {
    expect((await send("{}", {}, "/v1/metrics")).status).toBe(404);
    expect((await send("{}", { "content-type": "application/x-protobuf" })).status).toBe(415);
    expect((await send("{")).status).toBe(400);
    expect((await send("{}", { "content-encoding": "gzip" })).status).toBe(400);
  });

  test("waits for spans that are still to come", async () => {
    const arrival = receiver.waitForSpans("c", 2, 10_000);
    await send(otlp("c", "shop", 1));
    await send(otlp("c", "shop", 1));
    expect(await arrival).toHaveLength(2);
  });
});

describe("the observer draws", () => {
  test("a retry that succeeded as a failure that was handled", () => {
    const accounts = [
      account("0", "shop", "ok", [call("0.0", "unavailable", 1, 2), call("0.1", "ok", 3, 4)]),
      account("0.0", "pay", "unavailable"),
      account("0.1", "pay", "ok"),
    ];
    expect(draw(accounts)).toMatchObject({
      origin: "handled",
      drift: [],
      children: [{ service: "pay", code: "unavailable", origin: "self", survived: false, count: 1 }],
    });
  });

  test("equal attempts as one, survived only if all were, and other failures in their order", () => {
    const accounts = [
      account("0", "shop", "internal", [
        call("0.0", "unavailable", 1, 3),
        call("0.2", "not-found", 2, 4),
        call("0.1", "unavailable", 5, 6),
      ]),
      account("0.0", "pay", "unavailable"),
      account("0.1", "pay", "unavailable"),
      account("0.2", "bank", "not-found"),
    ];
    expect(draw(accounts)).toMatchObject({
      origin: "propagated",
      drift: ["not-found", "unavailable"],
      children: [
        { service: "pay", count: 2, survived: false },
        { service: "bank", count: 1, survived: true },
      ],
    });
  });

  test("every call in its place if asked, so that the first of the last attempts shows", () => {
    const accounts = [
      account("0", "shop", "internal", [
        call("0.2", "unavailable", 2, 3),
        call("0.0", "internal", 1, 4),
        call("0.1", "internal", 5, 6),
        call("0.3", "unavailable", 7, 8),
      ]),
      account("0.0", "cart", "internal"),
      account("0.1", "cart", "internal"),
      account("0.2", "pay", "unavailable"),
      account("0.3", "pay", "unavailable"),
    ];
    expect(draw(accounts)?.children.map(({ service }) => service)).toEqual(["pay", "cart"]);
    expect(draw(accounts, everyCall)?.children.map(({ service }) => service)).toEqual([
      "pay",
      "cart",
      "cart",
      "pay",
    ]);
  });

  test("nothing if nothing failed", () => {
    expect(
      draw([account("0", "shop", "ok", [call("0.0", "ok", 1, 2)]), account("0.0", "pay", "ok")]),
    ).toBeUndefined();
  });
});

describe("the comparison of a tree with the one it should be", () => {
  const accounts = [
    account("0", "shop", "not-found", [call("0.0", "internal", 1, 2), call("0.1", "not-found", 3, 4)]),
    { ...account("0.0", "pay", "internal"), message: "an error occurred in service pay" },
    account("0.1", "bank", "not-found"),
  ];
  const bank: TreeNode = { service: "bank", operation: "GET", code: "not-found", count: 1, children: [] };
  const pay: TreeNode = {
    ...bank,
    service: "pay",
    code: "internal",
    survived: true,
    message: "an error occurred",
  };
  const shop: TreeNode = { ...bank, service: "shop", children: [pay, bank] };

  test.each<[string, TreeNode | undefined, string[]]>([
    ["alike, a message cut", shop, []],
    ["no tree", undefined, ["shop: missing"]],
    ["a node missing", { ...shop, children: [pay] }, ["shop > bank: missing"]],
    ["a node too many", { ...shop, children: [pay, bank, bank] }, ["shop > bank: not expected"]],
    [
      "another count",
      { ...shop, children: [pay, { ...bank, count: 2 }] },
      ['shop > bank: count should be "1", is "2"'],
    ],
    [
      "another message",
      { ...shop, children: [{ ...pay, message: "oops" }, bank] },
      ['shop > pay: message should be "an error occurred in service pay", is "oops"'],
    ],
    [
      "another code",
      { ...shop, code: "internal" },
      ['shop: code should be "not-found", is "internal"', 'shop: drift should be "internal", is "not-found"'],
    ],
  ])("%s", (_, actual, wrong) => {
    expect(differences(draw(accounts), actual)).toEqual(wrong);
  });
});

function otlp(traceId: string, service: string, spans: number): string {
  const attributes = [{ key: "service.name", value: { stringValue: service } }];
  const span = { traceId, spanId: "0123456789abcdef", name: "GET", flags: 257 };
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: new Array(spans).fill(span) }] }],
  });
}

function account(id: string, service: string, code: Account["code"], calls: Account["calls"] = []): Account {
  return { requestId: "r", call: id, service, code, calls };
}

function call(id: string, code: Account["code"], began: number, ended: number): Account["calls"][number] {
  return { call: id, url: "http://127.0.0.1:1", code, began, ended };
}

function draw(accounts: readonly Account[], merge?: typeof everyCall): ReturnType<typeof drawTree> {
  return drawTree(new Map(accounts.map((each) => [each.call, each])), "0", merge);
}
