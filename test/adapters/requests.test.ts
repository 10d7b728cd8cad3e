// What adapters and plugins tell of a request that is answered, by the tree that its caller gets.
import http, { type RequestListener } from "node:http";
import { createRequire } from "node:module";
import { getRequestListener } from "@hono/node-server";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import fastify from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { errorTree } from "../../src/adapters/express.ts";
import { yogaErrorTree } from "../../src/adapters/graphql.ts";
import { errorTree as honoErrorTree } from "../../src/adapters/hono.ts";
import { observeFastify } from "../../src/adapters/hooks/fastify.ts";
import { observeHono } from "../../src/adapters/hooks/hono.ts";
import { failRequest } from "../../src/program/active.ts";
import { noteError } from "../../src/program/note.ts";
import { readErrorTree } from "../../src/program/read.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { listen, request } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";

/** As much of Express as is used here; it brings no types. */
interface Express {
  get(path: string, handler: () => never): void;
  use(handler: unknown): void;
}
const express = createRequire(import.meta.url)("express") as () => Express & RequestListener;

/** The tree of a request to this path. */
async function treeOf(listener: RequestListener, path = "/"): Promise<ErrorTree | undefined> {
  setUp("withErrorTree", { sampler: new AlwaysOffSampler() });
  const answer = await request(await listen(http.createServer(listener)), path, {
    "x-error-tree": "v=1, f=json",
  });
  return readErrorTree(answer.field("x-error-tree") ?? "");
}

describe("several documents of one request", () => {
  const broken = new TypeError("no payment");
  const refused = Object.assign(new Error("not yours"), { extensions: { code: "FORBIDDEN" } });
  const notFound = Object.assign(new Error("5 NOT_FOUND: no such cart"), { code: 5 });
  const down = Object.assign(new Error("14 UNAVAILABLE: no connection"), { code: 14 });
  const cancelled = new DOMException("This operation was aborted", "AbortError");
  const executed = (...errors: unknown[]): void => {
    yogaErrorTree().onExecute().onExecuteDone({ result: { errors } });
  };

  test.each([
    ["a rejection after a fault", [broken, refused], "unknown", "no payment"],
    ["a fault after a rejection", [refused, broken], "unknown", "no payment"],
    ["a fault after a fault", [broken, new RangeError("out of range")], "unknown", "no payment"],
    ["rejections alone", [refused], "permission-denied", "not yours"],
    ["a fault after a rejection of gRPC", [notFound, broken], "unknown", "no payment"],
    ["a rejection after a fault of gRPC", [down, refused], "unavailable", "no connection"],
    ["a fault after a call that was cancelled", [cancelled, broken], "unknown", "no payment"],
  ])("of %s, the first fault is told", async (_, errors, code, message) => {
    const tree = await treeOf((_request, response) => {
      for (const error of errors) executed(error);
      response.end();
    });
    expect(tree?.root).toMatchObject({ code, message });
  });

  test.each([
    ["a rejection of gRPC", [notFound, broken], "unknown", "TypeError"],
    ["a call that was cancelled", [cancelled, broken], "unknown", "TypeError"],
    ["another rejection", [refused, down], "unavailable", "Error"],
    ["nothing", [notFound, refused], "not-found", undefined],
  ])("of one of them a fault behind %s is told", async (_, errors, code, errorType) => {
    const tree = await treeOf((_request, response) => {
      executed(...errors);
      response.end();
    });
    expect({ code: tree?.root.code, errorType: tree?.root.errorType }).toEqual({ code, errorType });
  });

  test("what the program says itself replaces what was told before", async () => {
    const tree = await treeOf((_request, response) => {
      executed(broken);
      failRequest(new Error("full"), "resource-exhausted");
      response.end();
    });
    expect(tree?.root).toMatchObject({ code: "resource-exhausted", message: "full" });
  });
});

describe("a program that puts headers of its own in the place of the request's", () => {
  test("has its error noted, and its route", async () => {
    const app = express();
    app.use((incoming: http.IncomingMessage, _response: unknown, next: () => void) => {
      incoming.headers = { ...incoming.headers, x: "1" };
      next();
    });
    app.get("/orders/:id", () => {
      throw new TypeError("no payment");
    });
    app.use(errorTree());
    const tree = await treeOf(app, "/orders/7");
    expect(tree?.root).toMatchObject({ operation: "GET /orders/:id", errorType: "TypeError" });
    expect(tree?.root.message).toBe("no payment");
  });

  test("has none noted of another request within the process", async () => {
    const tree = await treeOf((incoming, response) => {
      incoming.headers = { ...incoming.headers };
      noteError(new TypeError("no payment"), { headers: {} }, "/orders/:id");
      response.writeHead(500).end();
    });
    expect(tree?.root.operation).toBe("GET");
    expect(tree?.root).not.toHaveProperty("errorType");
  });
});

describe("a request within the process does not name the one that made it", () => {
  /** Fails itself behind a good and a failing request within the process. */
  function hono(isByHand: boolean): RequestListener {
    const app = new Hono();
    if (isByHand) app.use(honoErrorTree());
    app.get("/orders/:id", (context) => context.text("fine"));
    app.get("/broken/:id", () => {
      throw new TypeError("no payment");
    });
    app.onError((_error, context) => context.text("no", 500));
    app.get("/inside/:id", async (context) => {
      for (const path of ["/orders/7", "/broken/7"]) await app.request(path);
      return context.text("none", 404);
    });
    return getRequestListener(app.fetch);
  }

  test.each(["adapter", "hook"])("on Hono, observed by the %s", async (way) => {
    if (way === "hook") observeHono({ on: (name, see) => void (name === "hono" && see({ Hono } as never)) });
    const tree = await treeOf(hono(way === "adapter"), "/inside/7");
    expect(tree?.root.operation).toBe("GET /inside/:id");
  });

  test.each(["onRequest", "preHandler"] as const)("on Fastify, made in %s", async (hook) => {
    observeFastify();
    const app = fastify();
    app.get("/orders/:id", () => "fine");
    app.get("/inside/:id", { [hook]: () => app.inject("/orders/7") }, (_request, reply) =>
      reply.code(500).send(),
    );
    await app.ready();
    const tree = await treeOf(app.routing, "/inside/7");
    expect(tree?.root.operation).toBe("GET /inside/:id");
  });
});

describe("a handler of Hono for every path", () => {
  test.each([
    ["behind all others does not name their requests", "/orders/7", "GET /orders/:id"],
    ["names what nobody else answers", "/nowhere", "GET /*"],
  ])("%s", async (_title, path, operation) => {
    const app = new Hono();
    app.use(honoErrorTree());
    app.get("/orders/:id", (context) => context.text("no", 500));
    app.get("*", (context) => context.text("no page", 500));
    expect((await treeOf(getRequestListener(app.fetch), path))?.root.operation).toBe(operation);
  });
});
