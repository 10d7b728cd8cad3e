// What programs can see of Hono and Koa, printed as JSON: it must be the same with and without us.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { Hono } from "hono";
import { readErrorTree } from "otel-error-tree";

type Middleware = (context: { body: unknown }, next: () => Promise<void>) => unknown;
interface Koa {
  readonly middleware: Middleware[];
  silent: boolean;
  use(middleware: Middleware): void;
  callback(): RequestListener;
}
interface Express {
  get(path: string, ...handlers: unknown[]): void;
  param(name: string, handler: unknown): void;
  use(handler: unknown): void;
}
const require = createRequire(process.env.FRAMEWORKS ?? import.meta.url);
const Application = require("koa") as new () => Koa;
const express = require("express") as () => Express & RequestListener;

const rejections: string[] = [];
process.on("unhandledRejection", (reason) => rejections.push(String(reason)));

async function ask(listener: RequestListener, path: string): Promise<unknown> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A socket, because under register the clients keep the tree to themselves.
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: orders\r\nConnection: close\r\nX-Error-Tree: v=1, f=json\r\n\r\n`,
  );
  const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n");
  server.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const tree = /^x-error-tree: (.*)$/im.exec(head)?.[1];
  if (tree !== undefined) trees[path] = readErrorTree(tree)?.root.message ?? "";
  const answer = [head.split("\r\n")[0], body.split("\n")[0]];
  return answer;
}
const trees: Record<string, string | undefined> = {};

async function ofHono(): Promise<unknown> {
  const app = new Hono();
  const sync = (): Response => new Response("sync");
  app.get("/sync", sync);
  app.get("/nothing", (async () => {}) as never);
  app.get("/nothing-sync", (() => {}) as never);
  app.get("/throws", () => {
    throw new Error("thrown");
  });
  app.get("/rejects", () => Promise.reject(new Error("rejected")));
  app.get("/floats", (context, next) => {
    void next();
    return context.text("early");
  });
  app.get("/floats", () => Promise.reject("floating"));
  const inner = new Hono();
  inner.onError((_error, context) => context.text("inner", 502));
  inner.get("/throws", () => {
    throw new Error("within");
  });
  app.route("/inner", inner);
  app.onError((error, context) => context.text(error.message, 500));
  const told: unknown[] = [];
  for (const path of [
    "/sync",
    "/nothing",
    "/nothing-sync",
    "/throws",
    "/rejects",
    "/floats",
    "/inner/throws",
    "/missing",
  ]) {
    const answer = app.fetch(new Request(`http://localhost${path}`));
    const response = await answer;
    told.push([path, answer instanceof Promise, response.status, await response.text()]);
  }
  return [
    told,
    app.routes.length,
    app.routes[0]?.handler === sync,
    app.constructor === Hono,
    Object.keys(app.router),
  ];
}

async function ofKoa(): Promise<unknown> {
  const floating = new Application();
  const early: Middleware = (context, next) => {
    void next();
    context.body = "early";
  };
  const late: Middleware = () => Promise.reject(new Error("floating"));
  floating.silent = true;
  floating.use(early);
  floating.use(late);
  const answers = [await ask(floating.callback(), "/")];
  const throwing = new Application();
  throwing.silent = true;
  throwing.use(() => {
    throw new Error("thrown");
  });
  answers.push(await ask(throwing.callback(), "/koa/throws"));
  const caught = new Application();
  caught.use(async (context, next) => {
    await next().catch(() => {
      Object.assign(context, { status: 503, body: "caught" });
    });
  });
  const callback = caught.callback();
  caught.use(async () => Promise.reject(new Error("caught")));
  answers.push(await ask(callback, "/koa/caught"));
  answers.push(await ask(caught.callback(), "/koa/caught"));
  const { middleware } = floating;
  return [answers, middleware.length, middleware[0] === early, middleware[1] === late, Object.keys(floating)];
}

async function ofExpress(): Promise<unknown> {
  const app = express();
  type Next = (word?: unknown) => void;
  type Answer = { status(code: number): { send(text: string): void } };
  const words: Record<string, unknown> = { no: false, empty: "", zero: 0, route: "route", router: "router" };
  for (const [name, word] of Object.entries(words))
    app.get(`/express/${name}`, (_request: unknown, _response: unknown, next: Next) => next(word));
  app.get("/express/throws-zero", () => {
    throw 0;
  });
  app.get("/express/error", (_request: unknown, _response: unknown, next: Next) =>
    next(new Error("handed on")),
  );
  app.param("id", (_request: unknown, _response: unknown, next: Next) => next(new Error("of a parameter")));
  app.get("/express/param/:id", () => {});
  app.use((_request: unknown, response: Answer) => response.status(503).send("nobody"));
  const told: unknown[] = [];
  for (const name of [...Object.keys(words), "throws-zero", "error", "param/7"])
    told.push([name, await ask(app, `/express/${name}`)]);
  return told;
}

const seen = { hono: await ofHono(), koa: await ofKoa(), express: await ofExpress(), rejections };
process.stdout.write(`${JSON.stringify({ seen, trees })}\n`, () => process.exit());
