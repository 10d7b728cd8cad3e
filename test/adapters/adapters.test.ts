// The adapters of web frameworks by hand: what a node tells then, and that the framework answers as it does without them.

import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { type ErrorTree, formatTree, readErrorTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorTree as express } from "../../src/adapters/express.ts";
import { errorTree as hono } from "../../src/adapters/hono.ts";
import { errorTree as koa } from "../../src/adapters/koa.ts";
import { NodeProcess } from "../support/process/node-process.ts";

const SDK = new URL("../support/sdk-register.ts", import.meta.url);
const FRAMEWORKS = ["express", "fastify", "koa", "hono"] as const;
type Framework = (typeof FRAMEWORKS)[number];
/** Not what kills the process without us, too: Koa never answers for `null`, and writes to the error; Fastify reads it. */
const ODD: Readonly<Record<Framework, readonly string[]>> = {
  express: ["text", "number", "undefined", "null", "frozen", "proxy"],
  fastify: ["text", "number", "frozen", "proxy"],
  koa: ["text", "number"],
  hono: ["text", "number", "undefined", "null", "frozen", "proxy"],
};
const services = new Map<string, NodeProcess>();

function start(framework: Framework, adapter: string): Promise<NodeProcess> {
  return NodeProcess.listening(new URL(`./programs/${framework}.ts`, import.meta.url), {
    name: `${framework}, adapter: ${adapter}`,
    imports: [SDK],
    env: { SERVICE_NAME: "orders", ADAPTER: adapter, NODE_ENV: "production", OTEL_TRACES_EXPORTER: "none" },
  });
}

beforeAll(async () => {
  for (const framework of FRAMEWORKS) {
    const [observed, plain] = await Promise.all([start(framework, "yes"), start(framework, "no")]);
    services.set(framework, observed);
    services.set(`plain ${framework}`, plain);
  }
});
afterAll(() => Promise.all([...services.values()].map((service) => service.stop())));

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly tree: ErrorTree | undefined;
}

async function ask(service: string, path: string): Promise<Answer> {
  const { url } = services.get(service) as NodeProcess;
  const request = http.get(url + path, { agent: false, headers: { "x-error-tree": "v=1, f=json" } });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const value = response.headers["x-error-tree"];
  return {
    status: response.statusCode,
    body: await text(response).catch(() => "broke"),
    tree: typeof value === "string" ? readErrorTree(value) : undefined,
  };
}

describe.each(FRAMEWORKS)("%s", (framework) => {
  test("a handler's error gives type, message, frame, cause and route", async () => {
    const { status, tree } = await ask(framework, "/orders/7");
    expect(status).toBe(500);
    expect(tree?.root).toMatchObject({
      operation: "GET /orders/:id",
      code: "internal",
      errorType: "TypeError",
      message: "no payment",
      causes: ["ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:7070"],
    });
    expect(tree?.root.frames?.[0]).toMatch(/^failAs \(.*ways\.ts:\d+:\d+\)$/);
    expect(formatTree(tree as ErrorTree)).toContain("caused by: ECONNREFUSED: connect");
  });

  test("so does one of a router within another", async () => {
    const { tree } = await ask(framework, "/nested/orders/7");
    expect(tree?.root).toMatchObject({ errorType: "TypeError", message: "no payment" });
    // Without its instrumentation nobody knows the path of a router of Express.
    if (framework !== "express") expect(tree?.root.operation).toBe("GET /nested/orders/:id");
  });

  test("the code is the one that was answered", async () => {
    const { tree } = await ask(framework, "/orders/7?how=unavailable");
    expect(tree?.root).toMatchObject({ code: "unavailable", message: "to be answered with 503" });
  });

  test.each(["recovered", "redirected"])("an error that is %s is no failure", async (how) => {
    const { status, tree } = await ask(framework, `/orders/7?how=${how}`);
    expect(status).toBe(how === "recovered" ? 200 : 302);
    expect(tree).toBeUndefined();
  });

  test("a refusal is none of the service's faults", async () => {
    const { status, tree } = await ask(framework, "/own/7");
    expect(status).toBe(409);
    expect(tree?.root).toMatchObject({ code: "already-exists" });
  });

  test.each(["", "recovered", "redirected", "unavailable", ...ODD[framework]])(
    "what is answered is the same without the adapter: %s",
    async (how) => {
      const [with_, without] = await Promise.all(
        [framework, `plain ${framework}`].map((service) => ask(service, `/orders/7?how=${how}`)),
      );
      expect([with_?.status, with_?.body]).toEqual([without?.status, without?.body]);
    },
  );
});

test.each(["fastify", "hono"])(
  "%s: a failed request within the process is not the request's own failure",
  async (name) => {
    const { status, body, tree } = await ask(name, "/inside/7");
    expect([status, body]).toEqual([200, "within: 500"]);
    expect(tree).toBeUndefined();
  },
);

test("hono: a handler that answers nothing gets what Hono answers", async () => {
  const [with_, without] = await Promise.all(["hono", "plain hono"].map((name) => ask(name, "/nothing/7")));
  expect(without?.status).toBe(404);
  expect([with_?.status, with_?.body]).toEqual([without?.status, without?.body]);
});

test("fastify: errors of hooks and of the validation are seen", async () => {
  expect((await ask("fastify", "/hooked/7")).tree?.root).toMatchObject({
    operation: "GET /hooked/:id",
    code: "internal",
    message: "no payment",
  });
  expect((await ask("fastify", "/valid/7")).tree?.root).toMatchObject({
    operation: "GET /valid/:id",
    code: "invalid-argument",
    errorType: "FST_ERR_VALIDATION",
  });
});

test("instrumentations that name spans by middlewares know ours by its name", () => {
  expect([express(), koa(), hono()].map(({ name }) => name)).toEqual(["errorTree", "errorTree", "errorTree"]);
});
