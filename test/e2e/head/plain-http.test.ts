// What the head of a plain node:http service tells about the calls beneath it, at the moment it is written.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import {
  type Answer,
  ask,
  attributesOf,
  closedPort,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";

const PLAIN = new URL("./programs/plain.ts", import.meta.url);
const CALLEE = new URL("./programs/callee.ts", import.meta.url);
const PEER = "127.0.0.1";

let receiver: Receiver;
let orders: Service;
let payments: Service;
let stranger: http.Server;
let refused: string;

beforeAll(async () => {
  receiver = await startReceiver();
  // This process has no OpenTelemetry: a callee that takes no part.
  stranger = http.createServer((_, response) => void response.writeHead(503).end("no idea what a trace is"));
  await once(stranger.listen(0, PEER), "listening");
  refused = `http://${PEER}:${await closedPort()}`;
  [orders, payments] = await Promise.all([
    startService(PLAIN, { name: "orders", receiver }),
    startService(CALLEE, { name: "payments", receiver }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), payments.stop()])).toEqual(["", ""]);
  stranger.close();
  await receiver.close();
});

/** Has orders call `to` in one way and answer with `status`. */
function viaOrders(way: string, to: string, status = 502): Promise<Answer> {
  return ask(orders, `${way}?${new URLSearchParams({ to, status: String(status) })}`);
}

/** The root that orders is when it answers 502. */
function badGateway(...children: Sketch[]): Sketch {
  return { service: "orders", operation: "GET", code: "unavailable", children };
}

const REFUSED_CALL: Sketch = {
  operation: "GET",
  code: "unavailable",
  errorType: "ECONNREFUSED",
  unanswered: true,
};
const UNANSWERED: Sketch = { service: "orders", operation: "GET", unanswered: true, peer: PEER };

function refusedBy(service: string): Sketch {
  const message = `connect ECONNREFUSED ${refused.replace("http://", "")}`;
  return { ...REFUSED_CALL, service, peer: PEER, message };
}

function brokenPayments(): Sketch {
  return { service: "payments", operation: "GET", code: "internal", children: [refusedBy("payments")] };
}

describe("a callee that takes part", () => {
  const WAYS = ["/http/read", "/http/unread", "/fetch/read", "/fetch/unread"];

  test.each(WAYS)(
    "%s: the callee's tree of a 500 stands under the caller, and both are exported",
    async (way) => {
      const answer = await viaOrders(way, `${payments.url}/broken?to=${refused}`);
      expect(answer.status).toBe(502);
      expect(sketchOf(answer)).toEqual(badGateway(brokenPayments()));
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
    },
  );

  test.each(WAYS)("%s: a 403 of the callee is its node, with the drift at the caller", async (way) => {
    const answer = await viaOrders(way, `${payments.url}/forbidden`);
    const forbidden: Sketch = { service: "payments", operation: "GET", code: "permission-denied" };
    expect(sketchOf(answer)).toEqual(badGateway(forbidden));
    await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
  });

  test.each(WAYS)("%s: a big body of a 503 is no second node", async (way) => {
    const answer = await viaOrders(way, `${payments.url}/big`);
    expect(sketchOf(answer)).toEqual(
      badGateway({ service: "payments", operation: "GET", code: "unavailable" }),
    );
    await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
  });

  test.each(WAYS)("%s: a failure that the caller handles stands beneath an OK root", async (way) => {
    const answer = await viaOrders(way, `${payments.url}/broken?to=${refused}`, 200);
    expect(answer.status).toBe(200);
    expect(sketchOf(answer)).toEqual({
      service: "orders",
      operation: "GET",
      code: "ok",
      children: [brokenPayments()],
    });
  });

  test.each(WAYS)("%s: a callee that answers well leaves a failing caller alone in its tree", async (way) => {
    const answer = await viaOrders(way, `${payments.url}/fine`);
    expect(sketchOf(answer)).toEqual({ service: "orders", operation: "GET", code: "unavailable" });
  });

  test.each(WAYS)("%s: where all went well there is no tree", async (way) => {
    const answer = await viaOrders(way, `${payments.url}/fine`, 200);
    expect(answer).toMatchObject({ status: 200, fields: 1, tree: undefined });
  });
});

test.each(["/http/read", "/http/unread", "/fetch/read", "/fetch/unread"])(
  "%s: a callee that takes no part is an opaque node",
  async (way) => {
    const answer = await viaOrders(way, `http://${PEER}:${(stranger.address() as AddressInfo).port}`);
    const opaque: Sketch = {
      service: "orders",
      operation: "GET",
      code: "unavailable",
      opaque: true,
      peer: PEER,
    };
    expect(sketchOf(answer)).toEqual(badGateway(opaque));
    const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
    expect(spans).toHaveLength(2);
  },
);

describe("a call without an answer", () => {
  test.each(["/http/read", "/fetch/read"])("%s: a refused connection", async (way) => {
    const answer = await viaOrders(way, refused);
    expect(sketchOf(answer)).toEqual(badGateway(refusedBy("orders")));
    await exportedSpans(receiver, answer.traceId, ["orders"]);
  });

  test.each(["/http/read", "/fetch/read"])(
    "%s: a connection refused at every address of a name",
    async (way) => {
      const answer = await viaOrders(way, refused.replace(PEER, "localhost"));
      const [child] = answer.tree?.root.children ?? [];
      expect(child).toMatchObject({ ...REFUSED_CALL, service: "orders", peer: "localhost" });
    },
  );

  test.each(["/http/read", "/fetch/read"])("%s: a name that cannot be resolved", async (way) => {
    // A label of more than 63 characters fails without a question to any name server.
    const host = `${"x".repeat(64)}.internal`;
    const answer = await viaOrders(way, `http://${host}/`);
    expect(answer.tree?.root.children).toMatchObject([
      { service: "orders", code: "unavailable", errorType: "ENOTFOUND", unanswered: true, peer: host },
    ]);
  });

  test.each([
    ["/http/read", "ECONNRESET", "socket hang up"],
    ["/fetch/read", "UND_ERR_SOCKET", "other side closed"],
  ])("%s: a connection closed by the callee before it answered", async (way, errorType, message) => {
    const answer = await viaOrders(way, `${payments.url}/resets`);
    expect(sketchOf(answer)).toEqual(badGateway({ ...UNANSWERED, code: "unavailable", errorType, message }));
    await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
  });

  test.each([
    ["/http/abort", "cancelled", "AbortError"],
    ["/http/timeout", "deadline-exceeded", "TimeoutError"],
    ["/http/socket-timeout", "deadline-exceeded", "ECONNRESET"],
    ["/fetch/abort", "cancelled", "AbortError"],
    ["/fetch/timeout", "deadline-exceeded", "TimeoutError"],
  ] as const)("%s: a call given up by the caller is %s", async (way, code, errorType) => {
    const arrived = payments.told("arrived");
    const answer = await viaOrders(way, `${payments.url}/hangs`);
    expect(sketchOf(answer)).toEqual(
      badGateway({ ...UNANSWERED, code, errorType, message: expect.any(String) as string }),
    );
    await arrived;
    await exportedSpans(receiver, answer.traceId, ["orders"]);
  });

  test.each(["/http/abort", "/fetch/abort"])(
    "%s: given up by a service that answers well is no failure",
    async (way) => {
      const answer = await viaOrders(way, `${payments.url}/hangs`, 200);
      expect(answer).toMatchObject({ status: 200, fields: 1, tree: undefined });
    },
  );
});

describe("a response that breaks off in its body after a 200", () => {
  test.each([
    ["/http/read", "ECONNRESET"],
    ["/http/aborted-event", "ECONNRESET"],
    ["/fetch/read", "UND_ERR_SOCKET"],
  ])("%s: is a failed call", async (way, errorType) => {
    const answer = await viaOrders(way, `${payments.url}/cut`);
    expect(sketchOf(answer)).toEqual(
      badGateway({
        service: "orders",
        operation: "GET",
        code: "unavailable",
        errorType,
        message: expect.any(String) as string,
        peer: PEER,
      }),
    );
    const spans = await exportedSpans(receiver, answer.traceId, ["orders", "payments"]);
    const callee = spans.find(({ service }) => service === "payments");
    expect(attributesOf(callee)).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.root_cause.code": "data-loss",
      "error_tree.late": true,
    });
  });

  test("a body that the caller itself dropped is no failure", async () => {
    const answer = await viaOrders("/http/drop", `${payments.url}/drips`);
    expect(sketchOf(answer)).toEqual({ service: "orders", operation: "GET", code: "unavailable" });
  });

  test("a body that the caller aborted is a cancelled call", async () => {
    const answer = await viaOrders("/fetch/abort-body", `${payments.url}/drips`);
    expect(sketchOf(answer)).toEqual(
      badGateway({
        service: "orders",
        operation: "GET",
        code: "cancelled",
        errorType: "AbortError",
        message: expect.any(String) as string,
        peer: PEER,
      }),
    );
  });
});

describe("a request that failed under 200", () => {
  test("a live server span with status ERROR is a failed root", async () => {
    const answer = await ask(orders, "/set-status");
    expect(answer.status).toBe(200);
    const root: Sketch = {
      service: "orders",
      operation: "GET",
      code: "unknown",
      message: "ran out of stock",
    };
    expect(sketchOf(answer)).toEqual(root);
    const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
    expect(attributesOf(spans[0])).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.origin": "self",
    });
  });

  test("failRequest tells code, type, message and frames", async () => {
    const answer = await ask(orders, "/fail-request");
    expect(answer.status).toBe(200);
    expect(sketchOf(answer)).toEqual({
      service: "orders",
      operation: "GET",
      code: "aborted",
      errorType: "QuotaExceeded",
      message: "no more than 10 a day",
    });
    expect(answer.tree?.root.frames?.[0]).toMatch(/test\/e2e\/head\/programs\/plain\.ts:\d+:\d+/);
  });
});

test("activeErrorTree tells a handler what the head will tell of the calls beneath", async () => {
  const answer = await viaOrders("/http/read", `${payments.url}/broken?to=${refused}`, 200);
  const inside = JSON.parse(answer.body) as Answer["tree"];
  expect(inside?.traceId).toBe(answer.traceId);
  expect(sketchOf({ tree: inside })).toEqual(sketchOf(answer));
});
