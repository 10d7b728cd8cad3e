// A service that writes its response heads in every way that node:http knows; the path names the way.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { serve } from "../../../support/process/serve.ts";

type Way = (response: ServerResponse, request: IncomingMessage) => unknown;

const COOKIES = ["a=1; Path=/", "b=2; Path=/"];

/** Ended by the request that comes behind it on the same connection. */
let held: ServerResponse | undefined;

const WAYS: Readonly<Record<string, Way>> = {
  "/implicit": (response) => {
    response.statusCode = 503;
    response.setHeader("X-Before", "1");
    response.setHeader("Set-Cookie", COOKIES);
    response.end("implicit");
  },
  "/nothing-set": (response) => response.end("nothing set"),
  "/write": (response) => {
    response.write("first, ");
    response.end("second");
  },
  "/object": (response) =>
    response
      .writeHead(500, { "X-One": "1", "Set-Cookie": COOKIES, "Content-Type": "text/plain" })
      .end("object"),
  "/object-and-reason": (response) =>
    response.writeHead(500, "Gone Fishing", { "Content-Length": 6, "X-One": "1" }).end("object"),
  "/object-and-set": (response) => {
    response.setHeader("X-Before", "1");
    response.setHeader("Set-Cookie", COOKIES);
    response.writeHead(500, { "X-One": "1", "x-before": "2" }).end("object");
  },
  "/reason": (response) => response.writeHead(502, "Gone Fishing").end("reason"),
  "/flat": (response) => response.writeHead(500, ["X-One", "1", "Content-Type", "text/plain"]).end("flat"),
  "/flat-cookies": (response) =>
    response.writeHead(500, ["Set-Cookie", "a=1", "X-One", "1", "Set-Cookie", "b=2"]).end("flat"),
  "/flat-and-reason": (response) => response.writeHead(500, "Gone Fishing", ["X-One", "1"]).end("flat"),
  "/flat-and-set": (response) => {
    response.setHeader("X-Before", "1");
    response.setHeader("Set-Cookie", COOKIES);
    response.writeHead(500, ["X-One", "1", "X-Two", "2"]).end("flat");
  },
  "/nested": (response) =>
    response
      .writeHead(500, [
        ["X-One", "1"],
        ["Content-Type", "text/plain"],
      ] as never)
      .end("nested"),
  "/nested-cookies": (response) =>
    response
      .writeHead(500, [
        ["Set-Cookie", "a=1"],
        ["X-One", "1"],
        ["Set-Cookie", "b=2"],
      ] as never)
      .end("nested"),
  "/vary-set": (response) => {
    response.setHeader("Vary", "Origin");
    response.end("vary");
  },
  "/vary-object": (response) => response.writeHead(500, { vary: "Origin", "X-One": "1" }).end("vary"),
  "/vary-set-and-object": (response) => {
    response.setHeader("Vary", "Origin");
    response.writeHead(500, { "X-One": "1" }).end("vary");
  },
  "/vary-list": (response) => {
    response.setHeader("Vary", ["Origin", "Accept"]);
    response.writeHead(500, { "X-One": "1" }).end("vary");
  },
  "/vary-flat": (response) => response.writeHead(500, ["Vary", "Origin", "X-One", "1"]).end("vary"),
  "/vary-set-and-flat": (response) => {
    response.setHeader("Vary", "Origin");
    response.writeHead(500, ["X-One", "1"]).end("vary");
  },
  "/vary-nested": (response) => response.writeHead(500, [["Vary", "Origin"]] as never).end("vary"),
  // What a gateway does that copies another response.
  "/ours-set": (response) => {
    response.setHeader("X-Error-Tree", "stale");
    response.end("ours");
  },
  "/ours-object": (response) =>
    response.writeHead(500, { "X-Error-Tree": "stale", "X-One": "1" }).end("ours"),
  "/ours-flat": (response) => response.writeHead(500, ["X-Error-Tree", "stale", "X-One", "1"]).end("ours"),
  "/ours-nested": (response) => response.writeHead(500, [["X-Error-Tree", "stale"]] as never).end("ours"),
  // What caches may keep and give to others.
  "/fresh-set": (response) => {
    response.statusCode = 404;
    response.setHeader("Cache-Control", ["public", "max-age=60"]);
    response.end("fresh");
  },
  "/fresh-object": (response) =>
    response.writeHead(404, { "cache-control": "max-age=60", "X-One": "1" }).end("fresh"),
  "/fresh-flat": (response) =>
    response.writeHead(404, ["X-One", "1", "Cache-Control", "s-maxage=60"]).end("fresh"),
  "/fresh-nested": (response) =>
    response.writeHead(404, [["Expires", "Fri, 31 Dec 2100 23:59:59 GMT"]] as never).end("fresh"),
  "/no-content": (response) => response.writeHead(204).end(),
  "/not-modified": (response) => response.writeHead(304, { ETag: '"7"' }).end(),
  "/flush": (response) => {
    response.statusCode = 500;
    response.flushHeaders();
    response.end("flushed");
  },
  "/early-hints": (response) =>
    response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.writeHead(500).end("hinted")),
  "/continue": (response) => {
    response.writeContinue();
    response.writeProcessing();
    response.writeHead(500).end("continued");
  },
  "/trailers": (response) => {
    response.writeHead(500, { Trailer: "X-Sum" }).write("body");
    response.addTrailers({ "X-Sum": "4" });
    response.end();
  },
  "/twice": (response) => {
    response.writeHead(500, { "X-One": "1" });
    response.end(codeOf(() => response.writeHead(200)));
  },
  "/wrong-array": (response) => response.end(codeOf(() => response.writeHead(500, ["X-One"]))),
  "/wrong-status": (response) => {
    const code = codeOf(() => response.writeHead(9999));
    response.writeHead(500).end(code);
  },
  "/wrong-name": (response) => {
    const code = codeOf(() => response.writeHead(200, { "X One": "1" }));
    response.writeHead(500).end(code);
  },
  "/hold": (response) => {
    held = response;
  },
  "/release": (response) => {
    response.writeHead(200, { "X-One": "1" }).end("second");
    held?.writeHead(500, { "X-One": "1" }).end("first");
  },
};

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return "no error";
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

// Loaded once more so that the instrumentation sees it.
createRequire(import.meta.url)("node:http");
serve(
  http.createServer((request, response) => {
    WAYS[request.url ?? ""]?.(response, request);
  }),
);
