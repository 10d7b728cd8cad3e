// A callee that sends early hints and nothing more has not answered, whatever the client.
import diagnostics from "node:diagnostics_channel";
import http2, { type ServerHttp2Stream } from "node:http2";
import { createServer, type Socket } from "node:net";
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import * as undici from "undici";
import { describe, expect, test } from "vitest";
import { CLIENTS, callTo, clientsOf, make } from "../support/clients.ts";
import { listen } from "../support/sdk-http.ts";
import { startParts } from "../support/sdk-parts.ts";
import { treeOfJob } from "../support/strangers.ts";
import { UNDICI } from "../support/undici-versions.ts";

const HINTS = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nx-error-tree: not-found\r\n\r\n";

/** Sends hints to everybody. */
async function hinting(then: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write(HINTS);
      then(socket);
    });
  });
  return `http://127.0.0.1:${await listen(server)}/`;
}

const UNDICIS = Object.entries(UNDICI).flatMap(([version, functions]) => {
  const { "undici.fetch": fetching, "agent.request": requesting } = clientsOf(functions);
  return [[`${version} fetch`, fetching] as const, [`${version} request`, requesting] as const];
});

test.each([["node:http", CLIENTS["http.get(url)"]] as const, ["fetch", CLIENTS.fetch] as const, ...UNDICIS])(
  "%s: a callee that hangs up after its hints has not answered",
  async (_, client) => {
    const parts = startParts();
    const url = await hinting((socket) => socket.end());
    const tree = await treeOfJob(parts, () => make(client as never, callTo(url)));
    expect(tree?.root.children).toMatchObject([{ unanswered: true }]);
    expect(tree?.root.children[0]).not.toHaveProperty("opaque");
    expect(parts.health.snapshot()).toEqual({});
  },
);

test.each(UNDICIS)("%s: a call that has only got hints still runs", async (_, client) => {
  const parts = startParts();
  let socket: Socket | undefined;
  const url = await hinting((of) => {
    socket = of;
  });
  const hinted = new Promise<void>((resolve) => {
    const saw = (): void => {
      diagnostics.unsubscribe("undici:request:headers", saw);
      resolve();
    };
    diagnostics.subscribe("undici:request:headers", saw);
  });
  const job = trace.getTracer("test").startSpan("job", {}, ROOT_CONTEXT);
  const call = context.with(trace.setSpan(ROOT_CONTEXT, job), () => make(client as never, callTo(url)));
  await hinted;
  job.setStatus({ code: SpanStatusCode.ERROR }).end();
  socket?.destroy();
  await call;
  await parts.sdk.shutdown();
  const spans = parts.exporter.spans.map(({ kind, attributes }) => [kind, attributes["error_tree.pending"]]);
  expect(spans).toEqual(expect.arrayContaining([[SpanKind.CLIENT, true]]));
});

describe("over HTTP/2", () => {
  const end = (stream: ServerHttp2Stream): void => {
    stream.on("error", () => {});
    stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
    setImmediate(() => stream.session?.destroy());
  };

  async function hintingHttp2(): Promise<number> {
    const server = http2.createServer();
    server.on("stream", end);
    return await listen(server as never);
  }

  test("undici 8: a callee that hangs up after its hints has not answered", async () => {
    const parts = startParts();
    const origin = `http://127.0.0.1:${await hintingHttp2()}`;
    const client = new undici.Client(origin, { h2Options: { useH2c: true } });
    const tree = await treeOfJob(parts, async () => {
      await client.request({ path: "/", method: "GET" }).catch(() => undefined);
    });
    await client.destroy();
    expect(tree?.root.children).toMatchObject([{ unanswered: true }]);
  });

  test("node:http2: a callee that hangs up after its hints has not answered", async () => {
    const parts = startParts();
    const session = http2.connect(`http://127.0.0.1:${await hintingHttp2()}`);
    session.on("error", () => {});
    const attributes = { "http.request.method": "GET", "server.address": "127.0.0.1" };
    const tree = await treeOfJob(parts, () =>
      trace.getTracer("test").startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
        const carrier = { ":path": "/" };
        propagation.inject(context.active(), carrier);
        const stream = session.request(carrier);
        await new Promise((resolve) =>
          stream
            .on("error", () => {})
            .on("close", resolve)
            .end(),
        );
        span.end();
      }),
    );
    session.destroy();
    expect(tree?.root.children).toMatchObject([{ unanswered: true }]);
  });
});
