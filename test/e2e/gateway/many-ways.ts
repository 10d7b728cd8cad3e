// A service that answers in every way that has broken proxies and instrumentations, with the middleware that most services have.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { setImmediate as turn } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import { serve } from "../../support/process/serve.ts";

/** What is used of express. */
interface Response extends ServerResponse {
  set(name: string, value: string): this;
  status(code: number): this;
  type(name: string): this;
  vary(name: string): this;
  send(body: string): this;
  json(body: unknown): this;
  flush?(): void;
}

type Handler = (req: IncomingMessage, res: Response) => unknown;
type Middleware = (req: IncomingMessage, res: Response, next: () => void) => unknown;
type Fallback = (error: Error, req: IncomingMessage, res: Response, next: () => void) => unknown;

interface App extends http.RequestListener {
  use(...handlers: (string | Middleware | Fallback)[]): void;
  get(path: string | string[], handler: Handler): void;
  head(path: string, handler: Handler): void;
  post(path: string, handler: Handler): void;
  options(path: string, handler: Handler): void;
}

interface Socket {
  send(data: unknown): void;
  on(event: "message", listener: (data: unknown) => void): void;
}

// Loaded this way express is instrumented.
const require = createRequire(import.meta.url);
const express = require("express") as () => App;
const compression = require("compression") as () => Middleware;
const cors = require("cors") as (options: object) => Middleware;
const helmet = require("helmet") as () => Middleware;
const { WebSocketServer } = require("ws") as {
  WebSocketServer: new (
    options: object,
  ) => {
    handleUpgrade(...args: [...unknown[], (client: Socket) => void]): void;
  };
};

function fail(message: string): void {
  trace.getTracer("test").startSpan("look up").setStatus({ code: 2, message }).end();
}

const app = express();
app.use(cors({ origin: "https://shop.example", credentials: true, exposedHeaders: ["x-own"] }), helmet());
app.use("/compressed", compression());
app.use((_req: IncomingMessage, res: Response, next: () => void) => {
  res.setHeader("set-cookie", ["a=1; Path=/", "b=2; HttpOnly"]);
  res.vary("Accept");
  next();
});

app.get(["/events", "/compressed/events"], async (_req, res) => {
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (let i = 0; i < 3; i++) {
    res.write(`id: ${i}\ndata: {"tick":${i}}\n\n`);
    res.flush?.();
    await turn();
  }
  fail("behind the head");
  res.end();
});
app.get("/lines", async (_req, res) => {
  res.type("application/x-ndjson");
  for (let i = 0; i < 50; i++) {
    res.write(`${JSON.stringify({ line: i, text: "ä€😀" })}\n`);
    if (i % 10 === 0) await turn();
  }
  res.end();
});
app.get("/compressed/big", (_req, res) => {
  fail("before the head");
  res.status(500).send("big ".repeat(20_000));
});
app.get("/hints", (_req, res) => {
  fail("before the hints");
  res.writeEarlyHints(
    { link: ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"] },
    () => {
      res.status(503).json({ hints: true });
    },
  );
});
app.get("/throws", () => {
  fail("before the error");
  throw new Error("out of stock");
});
app.get("/not-modified", (_req, res) => void res.set("etag", '"1"').status(304).end());
app.get("/empty", (_req, res) => void res.status(204).end());
app.head("/head", (_req, res) => void res.set("content-length", "5").status(500).end());
app.post("/echo", (req, res) => void req.pipe(res.status(422)));
app.options("/own", (_req, res) => void res.status(200).end());
app.use((_error: Error, _req: IncomingMessage, res: Response, _next: () => void) => {
  res.status(500).send("<h1>sorry</h1>");
});

const server = http.createServer(app);
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.send(JSON.stringify({ headers: request.headers, raw: request.rawHeaders }));
    client.on("message", (data) => client.send(data));
  });
});
serve(server);
