// A service that says whom it trusts by its environment alone, and whose responses are the same bytes from run to run.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { DiagConsoleLogger, DiagLogLevel, diag, trace } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { activeErrorTree, formatTree, withErrorTree } from "otel-error-tree";
import { tell } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";
import { startNodeSdk } from "../../support/start-sdk.ts";

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
startNodeSdk(withErrorTree({ serviceName: "shop", sampler: new AlwaysOffSampler() }));

/** Something beneath the request that fails, whose message nobody outside may read. */
function fail(): void {
  const span = trace.getTracer("shop").startSpan("look up the price");
  span.recordException(new Error("the price list is locked"));
  span.setStatus({ code: 2, message: "the price list is locked" });
  span.end();
}

const HANDLERS: Readonly<Record<string, http.RequestListener>> = {
  "/ok": (_, response) => response.end("whole"),
  "/missing": (_, response) => {
    fail();
    response.writeHead(404, ["content-type", "text/plain", "set-cookie", "a=1", "set-cookie", "b=2"]);
    response.end("nowhere");
  },
  "/broken": (_, response) => {
    fail();
    response.statusCode = 500;
    response.setHeader("vary", "accept");
    response.setHeader("server-timing", "db;dur=5");
    response.end("broken");
  },
  "/chunked": async (_, response) => {
    fail();
    response.writeHead(500, { "content-type": "text/plain" });
    response.write("first, ");
    await turn();
    response.end("last");
  },
  "/late": async (_, response) => {
    // Unannounced: behind nginx, which speaks HTTP/1.0 by default, node would throw.
    response.writeHead(200);
    response.write("first, ");
    await turn();
    fail();
    response.addTrailers({ "x-sum": "2" });
    response.end("last");
  },
  /** What the program sees of a request. */
  "/seen": async (request, response) => {
    const body = await text(request);
    const { headers, headersDistinct, rawHeaders } = request;
    response.end(JSON.stringify({ headers, headersDistinct, rawHeaders, body }));
  },
  /** Fails as the service fails that it calls, and writes the tree to its log as people do. */
  "/relay": async (request, response) => {
    const [answer] = (await once(http.get(String(request.headers["x-upstream"])), "response")) as [
      IncomingMessage,
    ];
    await text(answer);
    const tree = activeErrorTree();
    tell({ logged: tree === undefined ? "" : `request failed: ${formatTree(tree)}` });
    response.writeHead(answer.statusCode ?? 0).end();
  },
};

serve(
  http.createServer((request, response) => {
    response.sendDate = false;
    (HANDLERS[request.url ?? ""] as http.RequestListener)(request, response);
  }),
);
