// The client side of node:http2 on real sockets: who is asked, what counts as an answer, and what the program sees of it.
import { once } from "node:events";
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { Worker } from "node:worker_threads";
import { type Attributes, context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { describe, expect, onTestFinished, test } from "vitest";
import { showsStreams } from "../../src/transports/http2/client-ask.ts";
import { streamTo } from "../support/sockets.ts";
import {
  believes,
  STRANGE,
  startAsking,
  treeOfJob,
  troubles,
  tunnelProxy,
  tunnelTo,
} from "../support/strangers.ts";

/** In a thread of its own: nothing of ours stands before its server. It keeps what it was asked, and answers that. */
const SERVICE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const http2 = require("node:http2");
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    parentPort.postMessage({ ...headers, names: headers[http2.sensitiveHeaders] });
    const id = /^v=1, id="([0-9a-f]{16})".*k="k1:/.exec(headers["x-error-tree"] ?? "")?.[1] ?? "0".repeat(16);
    const answer = 'not-found;id="' + id + '";s="forger";e';
    stream.on("error", () => {});
    if (headers[":path"] === "/reset") return stream.close(Number(headers["x-code"]));
    if (headers[":path"] === "/goaway") return stream.session.goaway(2), stream.session.destroy();
    if (headers[":path"] === "/socket") return stream.session.destroy();
    if (headers[":path"] === "/hangs") return;
    stream.respond(
      { ":status": 404, "x-error-tree": answer, vary: "accept, x-error-tree", "x-own": "1" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1", "x-error-tree": answer }));
    stream.end("said");
  });
  server.listen(0, workerData, () => parentPort.postMessage(server.address().port));
`;

type Told = IncomingHttpHeaders;

async function service(
  at = "127.0.0.1",
): Promise<{ port: number; told(count: number): Promise<readonly Told[]> }> {
  const worker = new Worker(SERVICE, { eval: true, workerData: at });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = await once(worker, "message");
  const heads: Told[] = [];
  worker.on("message", (head) => heads.push(head));
  const told = async (count: number): Promise<readonly Told[]> => {
    while (heads.length < count) await once(worker, "message");
    return heads;
  };
  return { port, told };
}

function connect(origin: string): ClientHttp2Session {
  const session = http2.connect(origin);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

interface Got {
  /** Everything that the program can look at. */
  readonly seen: string;
  readonly status?: number;
  readonly error?: string;
}

interface Request {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As a list of names and values. */
  readonly isRaw?: boolean;
  readonly act?: (stream: http2.ClientHttp2Stream) => void;
}

/** A call as a program makes it that has spans of its own. */
async function call(session: ClientHttp2Session, host: string, request: Request = {}): Promise<Got> {
  const { path = "/", headers = {}, isRaw = false, act } = request;
  const attributes: Attributes = { "http.request.method": "GET", "server.address": host };
  const tracer = trace.getTracer("test");
  return await tracer.startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const carrier: Record<string, string> = { ":path": path, ...headers };
    propagation.inject(context.active(), carrier);
    const given = isRaw ? (Object.entries(carrier).flat() as never) : carrier;
    const stream = session.request(given);
    const seen: unknown[] = [stream.sentHeaders];
    let status: number | undefined;
    let error: string | undefined;
    stream.on("response", (fields, _flags, raw?: unknown) => {
      status = Number(fields[":status"]);
      span.setAttribute("http.response.status_code", status);
      seen.push(fields, fields[http2.sensitiveHeaders as never], raw);
    });
    stream.on("trailers", (fields, _flags, raw?: unknown) => seen.push(fields, raw));
    stream.on("error", ({ code }: Error & { code: string }) => {
      error = code;
    });
    stream.resume().end();
    act?.(stream);
    await once(stream, "close").catch(() => {});
    seen.push(stream.sentHeaders);
    span.end();
    return { seen: JSON.stringify(seen), ...(status && { status }), ...(error && { error }) };
  });
}

describe.each([false, true])("raw fields: %s", (isRaw) => {
  test("asks a service, what it answers counts, and is gone from what the program sees", async () => {
    const parts = startAsking();
    const { port, told } = await service();
    const session = connect(`http://payment:${port}`);
    // The first one waits for its connection.
    for (let i = 0; i < 2; i++) {
      let got: Got | undefined;
      const tree = await treeOfJob(parts, async () => {
        got = await call(session, "payment", { isRaw });
      });
      const head = (await told(i + 1))[i];
      expect(head?.["x-error-tree"]).toMatch(/^v=1, id="[0-9a-f]{16}", from=".*", k="k1:/);
      expect(head?.names).toEqual(["x-error-tree"]);
      expect(believes(tree)).toBe(true);
      expect(got?.status).toBe(404);
      expect(got?.seen).not.toContain("error-tree");
      expect(got?.seen).toContain('"x-own","1"');
      expect(got?.seen).toContain('"vary":"accept"');
      expect(got?.seen).toContain('"x-sum"');
    }
    expect(troubles(parts)).toEqual({});
  });
});

test("a call without a span is as without us", async () => {
  startAsking();
  const { port, told } = await service();
  const stream = connect(`http://payment:${port}`).request({ ":path": "/" });
  const [fields] = await once(stream, "response");
  stream.resume();
  await once(stream, "close");
  expect((await told(1))[0]).not.toHaveProperty("x-error-tree");
  expect(fields["x-error-tree"]).toBe(`not-found;id="${"0".repeat(16)}";s="forger";e`);
});

test.each([
  ["api.example.com", "http://api.example.com"],
  ["by a name that leads there", "http://wiki"],
])("shows a stranger nothing, and does not believe it: %s", async (_, origin) => {
  const parts = startAsking();
  const { port, told } = await service(STRANGE);
  const session = connect(`${origin}:${port}`);
  for (let i = 0; i < 2; i++) {
    // A program may name whatever it likes in its span.
    const tree = await treeOfJob(parts, () => call(session, "payment"));
    expect(believes(tree)).toBe(false);
  }
  expect(JSON.stringify(await told(2))).not.toMatch(/"x-error-tree"|k1:/);
});

test("nobody is asked at the end of a stream that is no socket of this host", async () => {
  const parts = startAsking();
  const { port, told } = await service();
  const session = http2.connect("http://localhost", { createConnection: () => streamTo(port) });
  onTestFinished(() => session.destroy());
  const tree = await treeOfJob(parts, () => call(session, "localhost"));
  expect((await told(1))[0]).not.toHaveProperty("x-error-tree");
  expect(believes(tree)).toBe(false);
});

test("nobody is asked through a tunnel that was made with node:http", async () => {
  const parts = startAsking();
  const { port, told } = await service();
  const proxy = await tunnelProxy();
  const socket = await tunnelTo(`payment:${port}`, proxy.port);
  const session = http2.connect("http://payment", { createConnection: () => socket });
  onTestFinished(() => session.destroy());
  const tree = await treeOfJob(parts, () => call(session, "payment"));
  expect((await told(1))[0]).not.toHaveProperty("x-error-tree");
  expect(believes(tree)).toBe(false);
});

test("whom the request names is who must be askable, and a gRPC call is left to others", async () => {
  const parts = startAsking();
  const { port, told } = await service();
  const session = connect(`http://payment:${port}`);
  const others = [
    { headers: { ":authority": "api.example.com" } },
    { headers: { ":method": "POST", "content-type": "application/grpc" } },
    { headers: Object.fromEntries(Array.from({ length: 123 }, (_, i) => [`x-${i}`, "1"])) },
    { headers: { "x-big": "b".repeat(15_400) } },
  ];
  for (const request of others) await treeOfJob(parts, () => call(session, "payment", request));
  expect(JSON.stringify(await told(4))).not.toContain('"x-error-tree"');
});

describe("a call without a whole answer is unanswered", () => {
  const CODES = http2.constants;
  test.each([
    [
      "refused stream",
      { path: "/reset", headers: { "x-code": String(CODES.NGHTTP2_REFUSED_STREAM) } },
      "unavailable",
    ],
    [
      "cancelled by the peer",
      { path: "/reset", headers: { "x-code": String(CODES.NGHTTP2_CANCEL) } },
      "unavailable",
    ],
    ["closed without an error", { path: "/reset", headers: { "x-code": "0" } }, "unavailable"],
    ["goaway", { path: "/goaway" }, "unavailable"],
    ["a session that ends", { path: "/socket" }, "unavailable"],
    [
      "given up",
      {
        path: "/hangs",
        act: (stream: http2.ClientHttp2Stream) => stream.once("ready", () => stream.close(8)),
      },
      "cancelled",
    ],
    [
      "given up before it is sent",
      { path: "/hangs", act: (stream: http2.ClientHttp2Stream) => stream.close(8) },
      "cancelled",
    ],
    [
      "given up with another code",
      {
        path: "/hangs",
        act: (stream: http2.ClientHttp2Stream) =>
          stream.once("ready", () => stream.close(CODES.NGHTTP2_INTERNAL_ERROR)),
      },
      "cancelled",
    ],
    [
      "given up with an error",
      {
        path: "/hangs",
        act: (stream: http2.ClientHttp2Stream) => void stream.destroy(new Error("no patience")),
      },
      "cancelled",
    ],
  ])("%s", async (_, request, code) => {
    const parts = startAsking();
    const { port } = await service();
    const session = connect(`http://payment:${port}`);
    const tree = await treeOfJob(parts, () => call(session, "payment", request));
    if (code === "unavailable")
      expect(tree?.root.children).toMatchObject([{ code, unanswered: true, peer: "payment" }]);
    // What is given up is no failure by itself.
    else expect(tree).toBeUndefined();
    expect(troubles(parts)).toEqual({});
  });
});

test("an answer of which the program does not want the rest is whole, whatever code it closes the stream with", async () => {
  const parts = startAsking();
  const { port } = await service();
  const session = connect(`http://payment:${port}`);
  let got: Got | undefined;
  const tree = await treeOfJob(parts, async () => {
    got = await call(session, "payment", {
      act: (stream) => stream.once("response", () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)),
    });
  });
  expect(got).toMatchObject({ status: 404, error: "ERR_HTTP2_STREAM_ERROR" });
  expect(believes(tree)).toBe(true);
  expect(JSON.stringify(tree)).not.toContain("ERR_HTTP2");
  expect(troubles(parts)).toEqual({});
});

test("versions of Node.js that show no streams are not asked to", () => {
  expect(["20.19.0", "22.22.3", "23.11.1"].map((node) => showsStreams({ node }))).toEqual([
    false,
    false,
    false,
  ]);
  expect(["22.23.0", "24.0.0", "26.9.0"].map((node) => showsStreams({ node }))).toEqual([true, true, true]);
  expect(showsStreams({ node: "24.0.0", bun: "1.3.0" })).toBe(false);
});
