// What the head of a plain node:http service tells about the calls beneath it, at the moment it is written.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import {
  type Answer,
  ask,
  attributesOf,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";

const PLAIN = new URL("./programs/plain.ts", import.meta.url);
const CALLEE = new URL("./programs/callee.ts", import.meta.url);
const PEER = "127.0.0.1";

let receiver: Receiver;
let orders: Service;
let payments: Service;
let refused: string;

beforeAll(async () => {
  receiver = await startReceiver();
  refused = `http://${PEER}:${await closedPort()}`;
  [orders, payments] = await Promise.all([
    startService(PLAIN, { name: "orders", receiver }),
    startService(CALLEE, { name: "payments", receiver }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), payments.stop()])).toEqual(["", ""]);
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

describe("a call without an answer", () => {
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

  test("a call whose socket is idle for too long is deadline-exceeded", async () => {
    const arrived = payments.told("arrived");
    const answer = await viaOrders("/http/socket-timeout", `${payments.url}/hangs`);
    expect(sketchOf(answer)).toEqual(
      badGateway({
        ...UNANSWERED,
        code: "deadline-exceeded",
        errorType: "ECONNRESET",
        message: expect.any(String) as string,
      }),
    );
    await arrived;
    await exportedSpans(receiver, answer.traceId, ["orders"]);
  });
});

describe("a response that breaks off in its body after a 200", () => {
  test("is a failed call, also for a caller that answers at the first event of it", async () => {
    const answer = await viaOrders("/http/aborted-event", `${payments.url}/cut`);
    expect(sketchOf(answer)).toEqual(
      badGateway({
        service: "orders",
        operation: "GET",
        code: "unavailable",
        errorType: "ECONNRESET",
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
  test("failRequest puts code, type, message and frames into the tree", async () => {
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
