// What the library promises over every transport: the same cases for each, between services in processes of their own.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Receiver } from "../../../examples/lab/receiver.ts";
import { nodesOf } from "../../../src/tree/tree.ts";
import {
  type Answer,
  ask,
  attributesOf,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
} from "../../support/services.ts";
import { plainHttp, refusedHttp } from "./http-clients.ts";
import { Stage } from "./stage.ts";
import { type Case, ContractTable } from "./table.ts";
import { calleeOf, TRANSPORTS, type Transport } from "./transports.ts";

const PEER = "127.0.0.1";
const ROOT: Sketch = { service: "orders", operation: "GET", code: "unavailable" };

const ABORTED = { errorType: "AbortError" };
const TIMED_OUT = { errorType: "TimeoutError" };

const table = new ContractTable(TRANSPORTS);
const stages = new Map<string, Promise<Stage>>();

afterEach(({ task }) => table.add(task));
afterAll(async () => {
  process.stdout.write(`${table}\n`);
  for (const stage of stages.values()) await (await stage).close();
});

describe.each(Object.keys(TRANSPORTS))("%s", (name) => {
  const { closed, brokenOff, ...told } = TRANSPORTS[name] as Transport;
  const { cancelled = ABORTED, timedOut = TIMED_OUT, cannot = {} } = told;
  const { operation = "GET", callOperation = operation, plain = plainHttp, plainSays = () => ({}) } = told;
  const { refused: refusal = refusedHttp, opaqueSays = {} } = told;
  const UNANSWERED: Sketch = { service: "orders", operation: callOperation, unanswered: true, peer: PEER };
  const OPAQUE: Sketch = {
    service: "orders",
    operation: callOperation,
    code: "internal",
    opaque: true,
    peer: PEER,
  };
  const can = (one: Case): boolean => cannot[one] === undefined;
  let stage: Stage;
  let receiver: Receiver;
  let orders: Service;
  let payments: Service;
  /** Where payments is called. */
  let payment: string;
  let refused: string;

  // Clients of one callee share its services: starting them takes most of the time.
  beforeAll(async () => {
    const callee = calleeOf(name);
    const found = stages.get(callee) ?? Stage.set(callee);
    stages.set(callee, found);
    stage = await found;
    ({ receiver, orders, payments, payment, refused } = stage);
  });

  /** Has orders call `to` in one way and answer with `status`. */
  function viaOrders(way: string, to: string, status = 502): Promise<Answer> {
    return ask(orders, `${way}?${new URLSearchParams({ client: name, to, status: String(status) })}`);
  }

  function refusedBy(service: string): Sketch {
    return { ...UNANSWERED, service, code: "unavailable", ...refusal(new URL(refused).host) };
  }

  /** Its own call goes by the transport that it serves. */
  function brokenPayments(): Sketch {
    const { operation: served = "GET", callOperation: own = served } = TRANSPORTS[calleeOf(name)] ?? {};
    const children = [{ ...refusedBy("payments"), operation: own }];
    return { service: "payments", operation, code: "internal", children };
  }

  test("self: a service whose span says that it failed is alone in its tree, whatever it answers", async () => {
    const answer = await ask(orders, "/self?status=200");
    expect(answer.status).toBe(200);
    expect(sketchOf(answer)).toEqual({ ...ROOT, code: "unknown", message: "ran out of stock" });
    const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
    expect(attributesOf(spans[0])).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.origin": "self",
    });
  });

  test("self: a callee that answers well leaves a failing caller alone in its tree", async () => {
    expect(sketchOf(await viaOrders("/read", `${payment}/fine`))).toEqual(ROOT);
    expect(await viaOrders("/read", `${payment}/fine`, 200)).toMatchObject({
      status: 200,
      fields: 1,
      tree: undefined,
    });
  });

  // Nobody has read the body when the head of the answer is written: it must not matter.
  describe.each(can("unread") ? ["/read", "/unread"] : ["/read"])("%s", (way) => {
    test("propagated: the callee's tree stands beneath its caller, and both are exported", async () => {
      const answer = await viaOrders(way, `${payment}/broken?to=${refused}`);
      expect(answer.status).toBe(502);
      expect(sketchOf(answer)).toEqual({ ...ROOT, children: [brokenPayments()] });
      expect(answer.tree).toMatchObject({
        omitted: 0,
        root: { exported: true, children: [{ exported: true }] },
      });
      const spans = await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
      expect(spans.map(({ service }) => service).sort()).toEqual([
        "orders",
        "orders",
        "payments",
        "payments",
      ]);
      const [root] = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
      expect(attributesOf(root)).toMatchObject({
        "error_tree.verdict": "failed",
        "error_tree.origin": "propagated",
        "error_tree.root_cause.service": "payments",
        "error_tree.root_cause.code": "unavailable",
        "error_tree.forced": true,
      });
    });

    test("handled: a failure that the caller copes with stands beneath a root that is ok", async () => {
      const answer = await viaOrders(way, `${payment}/broken?to=${refused}`, 200);
      expect(answer.status).toBe(200);
      expect(sketchOf(answer)).toEqual({ ...ROOT, code: "ok", children: [brokenPayments()] });
      // A handler is told the same before its head is written.
      const inside = JSON.parse(answer.body) as Answer["tree"];
      expect(inside?.traceId).toBe(answer.traceId);
      expect(sketchOf({ tree: inside })).toEqual(sketchOf(answer));
    });

    test("rejected: a refusal is the callee's node; passed on as it is, nothing has failed", async () => {
      const forbidden: Sketch = { service: "payments", operation, code: "permission-denied" };
      const drifted = await viaOrders(way, `${payment}/forbidden`);
      expect(sketchOf(drifted)).toEqual({ ...ROOT, children: [forbidden] });
      await exportedSpans(receiver, drifted.traceId, ["orders", "payments"]);
      const passed = await viaOrders(way, `${payment}/forbidden`, 403);
      expect(sketchOf(passed)).toEqual({ ...ROOT, code: "permission-denied", children: [forbidden] });
      expect(passed.tree?.root.exported ?? false).toBe(false);
    });

    test("opaque: a callee that takes no part is a node of the caller's", async () => {
      const answer = await viaOrders(way, await plain("unavailable", false));
      const node = { ...OPAQUE, code: "unavailable", ...plainSays("unavailable") } as const;
      expect(sketchOf(answer)).toEqual({ ...ROOT, children: [node] });
      const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
      expect(spans).toHaveLength(2);
    });

    test.runIf(can("unread"))("unread: the big body of a failure is no second node", async () => {
      const answer = await viaOrders(way, `${payment}/big`);
      const node: Sketch = { service: "payments", operation, code: "unavailable" };
      expect(sketchOf(answer)).toEqual({ ...ROOT, children: [node] });
      await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
    });
  });

  test("unanswered: a refused connection is a node of the caller's", async () => {
    const answer = await viaOrders("/read", refused);
    expect(sketchOf(answer)).toEqual({ ...ROOT, children: [refusedBy("orders")] });
    await exportedSpans(receiver, answer.traceId, ["orders"]);
  });

  test("unanswered: a connection that the callee closes before it answers is one, too", async () => {
    const answer = await viaOrders("/read", `${payment}/resets`);
    expect(sketchOf(answer)).toEqual({
      ...ROOT,
      children: [{ ...UNANSWERED, code: "unavailable", ...closed }],
    });
    await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
  });

  test.runIf(can("late"))(
    "late: what fails after the head is exported late by the callee, and a failed call of the caller's",
    async () => {
      const answer = await viaOrders("/read", `${payment}/cut`);
      const { unanswered: _, ...call } = UNANSWERED;
      const message = expect.any(String) as string;
      expect(sketchOf(answer)).toEqual({
        ...ROOT,
        children: [{ ...call, code: "unavailable", message, ...brokenOff }],
      });
      const spans = await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
      const callee = spans.find(({ service }) => service === "payments");
      expect(attributesOf(callee)).toMatchObject({
        "error_tree.verdict": "failed",
        "error_tree.root_cause.code": "data-loss",
        "error_tree.late": true,
      });
    },
  );

  test("pending: a call that still runs when the caller answers has not failed", async () => {
    const arrived = payments.told("arrived");
    const answer = viaOrders("/leave", `${payment}/hangs`);
    await arrived;
    orders.tell("answer now");
    const { root } = (await answer).tree ?? {};
    expect(root).toMatchObject({ service: "orders", code: "unavailable" });
    expect(root?.children).toMatchObject([{ service: "orders", code: "ok", pending: true, peer: PEER }]);
  });

  test("oversize: what has no room is counted, exactly", async () => {
    const { tree } = await viaOrders("/read", `${payment}/many?steps=60`);
    expect(tree?.omitted).toBeGreaterThan(0);
    const shown = [...nodesOf(tree?.root as never)].reduce((sum, { count }) => sum + count, 0);
    expect(shown + (tree?.omitted ?? 0)).toBe(1 + 1 + 60);
  });

  test("hostile: an answer that was made for another ask is not read, and harms nothing", async () => {
    const answer = await viaOrders("/read", await plain("internal", true));
    expect(answer.status).toBe(502);
    expect(sketchOf(answer)).toEqual({ ...ROOT, children: [{ ...OPAQUE, ...plainSays("internal") }] });
    const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
    expect(spans).toHaveLength(2);
  });

  test.runIf(can("untrusted"))(
    "untrusted: a callee that trusts nobody gives no tree, and says once why",
    async () => {
      const { to } = await stage.stranger();
      for (let i = 0; i < 2; i++) {
        const answer = await viaOrders("/read", `${to}/broken?to=${refused}`);
        expect(sketchOf(answer)).toEqual({ ...ROOT, children: [{ ...OPAQUE, ...opaqueSays }] });
      }
    },
  );

  test("concurrent: each of many requests at a time has its own failures", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `order-${i}`);
    const trees = await Promise.all(
      names.map(async (one) => {
        const query = new URLSearchParams({ client: name, to: `${payment}/named?name=${one}` });
        const headers = { "x-error-tree": "v=1, f=json" };
        return (await fetch(`${orders.url}/read?${query}`, { headers })).headers.get("x-error-tree");
      }),
    );
    expect(trees.map((tree) => tree?.match(/order-\d+/g)?.join())).toEqual(names);
  });

  test("cancelled: a call that its caller gave up is a node beneath a failed one, and no failure else", async () => {
    const failed = await viaOrders("/abort", `${payment}/hangs`);
    const call = { ...UNANSWERED, code: "cancelled", ...cancelled } as const;
    const message = expect.any(String) as string;
    expect(sketchOf(failed)).toEqual({ ...ROOT, children: [{ ...call, message }] });
    await exportedSpans(receiver, failed.traceId, ["orders"]);
    const fine = await viaOrders("/abort", `${payment}/hangs`, 200);
    expect(fine).toMatchObject({ status: 200, fields: 1, tree: undefined });
  });

  test.runIf(can("deadline"))(
    "deadline: a call whose time ran out is a failure of the caller's",
    async () => {
      const answer = await viaOrders("/timeout", `${payment}/hangs`);
      const call = { ...UNANSWERED, code: "deadline-exceeded", ...timedOut } as const;
      const message = expect.any(String) as string;
      const sketch = sketchOf(answer);
      const [child] = sketch?.children ?? [];
      if (told.mayAnswerTimeout === true && child?.service === "payments") {
        expect(child).toMatchObject({ operation, code: "deadline-exceeded" });
      } else {
        expect(sketch).toEqual({ ...ROOT, children: [{ ...call, message }] });
      }
      await exportedSpans(receiver, answer.traceId, ["orders"]);
    },
  );

  test("retried: equal failures before a success are one node with a count, and handled", async () => {
    const answer = await viaOrders("/retry", `${payment}/flaky`, 200);
    const node: Sketch = { service: "payments", operation, code: "unavailable", count: 2 };
    expect(sketchOf(answer)).toMatchObject({ ...ROOT, code: "ok", children: [node] });
  });

  test.runIf(can("shutdown"))(
    "shutdown: a service that goes on serving gives no tree any more, and its program sees no ask",
    async () => {
      const { service: leaving, to } = await stage.leaving();
      const sees = leaving.told("seesAsk");
      const answer = await viaOrders("/read", `${to}/broken?to=${refused}`);
      expect(sketchOf(answer)).toEqual({ ...ROOT, children: [{ ...OPAQUE, ...opaqueSays }] });
      expect(await sees).toBe(false);
    },
  );
});
