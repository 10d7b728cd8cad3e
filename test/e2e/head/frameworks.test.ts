// What the head tells of a route of express, koa or fastify: its operation, and the error that the route threw.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { ask, exportedSpans, type Service, sketchOf, startService } from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";

const CALLEE = new URL("./programs/callee.ts", import.meta.url);
const PROGRAMS = {
  express: new URL("./programs/express.ts", import.meta.url),
  koa: new URL("./programs/koa.ts", import.meta.url),
  fastify: new URL("./programs/fastify.ts", import.meta.url),
};
/** The ways in which a handler of each framework fails with an error of its own. */
const FAILING = {
  express: ["throws", "rejects", "next"],
  koa: ["throws", "rejects"],
  fastify: ["throws", "rejects"],
};
type Framework = keyof typeof PROGRAMS;
const FRAMEWORKS = Object.keys(PROGRAMS) as Framework[];

const ROOT = { service: "orders", operation: "GET /orders/:id" };

let receiver: Receiver;
let payments: Service;
let refused: string;
const services = new Map<Framework, Service>();

beforeAll(async () => {
  receiver = await startReceiver();
  [payments] = await Promise.all([
    startService(CALLEE, { name: "payments", receiver }),
    ...FRAMEWORKS.map(async (framework) => {
      services.set(framework, await startService(PROGRAMS[framework], { name: "orders", receiver }));
    }),
  ]);
  refused = `http://127.0.0.1:${await closedPort()}`;
});

afterAll(async () => {
  const all = [payments, ...services.values()];
  expect(await Promise.all(all.map((service) => service.stop()))).toEqual(all.map(() => ""));
  await receiver.close();
});

describe.each(FRAMEWORKS)("%s", (framework) => {
  const service = (): Service => services.get(framework) as Service;
  /** A handler is the program's own file; what called it is the framework's. */
  const own = new RegExp(`test/e2e/head/programs/${framework}\\.ts:\\d+:\\d+`);

  test.each(FAILING[framework])(
    "a handler that %s is a failed route with error type, message and frames",
    async (how) => {
      const answer = await ask(service(), `/orders/7?how=${how}`);
      expect(answer.status).toBe(500);
      expect(sketchOf(answer)).toEqual({
        ...ROOT,
        code: "internal",
        errorType: "OutOfStock",
        message: "sold out",
        at: expect.any(String) as string,
      });
      const frames = answer.tree?.root.frames ?? [];
      expect(frames[0]).toMatch(own);
      expect(frames.join("\n")).not.toMatch(/node_modules|node:/);
      await exportedSpans(receiver, answer.traceId, ["orders"]);
    },
  );

  test("an error with a status is a rejection by that status", async () => {
    const answer = await ask(service(), "/orders/7?how=not-found");
    expect(answer.status).toBe(404);
    expect(sketchOf(answer)).toMatchObject({ ...ROOT, code: "not-found", message: "no such order" });
  });

  test("a status that the handler set is a rejection without an error", async () => {
    const answer = await ask(service(), "/orders/7?how=conflict");
    expect(answer.status).toBe(409);
    // The instrumentation of fastify has a span of its own for the request, with the status.
    const at = framework === "fastify" ? { at: "request" } : undefined;
    expect(sketchOf(answer)).toEqual({ ...ROOT, code: "already-exists", ...at });
  });

  test("a callee's failure stands beneath the route, failed or not", async () => {
    const to = `${payments.url}/broken?to=${refused}`;
    for (const [status, code] of [
      [502, "unavailable"],
      [200, "ok"],
    ]) {
      const query = new URLSearchParams({ how: "calls", to, status: String(status) });
      const answer = await ask(service(), `/orders/7?${query}`);
      expect(answer.status).toBe(status);
      expect(sketchOf(answer)).toMatchObject({
        ...ROOT,
        code,
        children: [{ service: "payments", code: "internal", children: [{ errorType: "ECONNREFUSED" }] }],
      });
    }
  });

  test("a path without a route is named by its method", async () => {
    const answer = await ask(service(), "/nowhere");
    expect(sketchOf(answer)).toEqual({ service: "orders", operation: "GET", code: "not-found" });
  });
});

describe("express", () => {
  const service = (): Service => services.get("express") as Service;

  test("the operation of a route in nested routers is the whole pattern", async () => {
    const answer = await ask(service(), "/shops/berlin/orders/7?how=throws");
    expect(sketchOf(answer)).toMatchObject({
      operation: "GET /shops/:shop/orders/:id",
      code: "internal",
      errorType: "OutOfStock",
      message: "sold out",
    });
  });

  test("a middleware that throws has its error in the tree", async () => {
    const answer = await ask(service(), "/guarded");
    expect(sketchOf(answer)).toMatchObject({
      code: "internal",
      errorType: "OutOfStock",
      message: "sold out",
    });
  });

  test("a middleware that rejects has its error in the tree if an error handler hands it to failRequest", async () => {
    // The instrumentation of express does not see the rejection of a middleware, only that of a route.
    expect(sketchOf(await ask(service(), "/guarded-async"))).toMatchObject({
      service: "orders",
      code: "internal",
    });
    const told = sketchOf(await ask(service(), "/guarded-async/told"));
    expect(told).toMatchObject({ code: "internal", errorType: "OutOfStock", message: "sold out" });
  });

  test("a route that answers from outside of its context keeps its operation", async () => {
    const answer = await ask(service(), "/orders/7?how=queued");
    expect(sketchOf(answer)).toEqual({
      service: "orders",
      operation: "GET /orders/:id",
      code: "unavailable",
    });
  });
});
