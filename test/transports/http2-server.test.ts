// The server side of node:http2 on real sockets: every way in which a program answers, and what it and its client see of it.
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import http2, {
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { observeHttp2Servers } from "../../src/transports/http2/server.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { listen } from "../support/sdk-http.ts";
import { ASK, failed, ID } from "../support/trailer-server.ts";

const FILE = join(tmpdir(), `http2-server-${process.pid}`);
writeFileSync(FILE, "whole body");
const FOREIGN = {
  "x-error-tree": `internal;id="${ID}";s="callee"`,
  vary: "accept, x-error-tree",
  "server-timing": `trace;desc=00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
};

afterAll(() => expect(TROUBLES).toEqual([]));
const TROUBLES: unknown[] = [];

interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names that compression shall not keep. */
  readonly sensitive: unknown;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  readonly closedWith: number;
}

class Health extends HealthCounts {
  override failed(place: string, error: unknown): void {
    TROUBLES.push([place, error]);
  }
}

/** Observes the servers of the process until the test has finished, or the function is called. */
function observe(answer: Answer | undefined = failed(), atEnd?: Answer): () => void {
  const hooks = { ...always(answer), answerAtEnd: () => atEnd };
  const stop = observeHttp2Servers(httpServerParts(hooks, { health: new Health(), serverTiming: "trusted" }));
  onTestFinished(stop);
  return stop;
}

type Answering = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

async function serve(answer: Answering, settings: http2.ServerOptions = {}): Promise<number> {
  const server = http2.createServer(settings);
  server.on("stream", answer);
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  return await listen(server as never);
}

function connect(port: number, options: http2.ClientSessionOptions = {}): ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`, options);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

async function get(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): Promise<Seen> {
  const stream = session.request({ ":path": "/", ...headers });
  const sensitive = http2.sensitiveHeaders as never;
  const trailers: IncomingHttpHeaders = {};
  stream.on("trailers", (fields) => {
    for (const [name, value] of Object.entries(fields)) trailers[name] = value as string;
  });
  const [head] = (await once(stream, "response")) as [IncomingHttpHeaders];
  const body = await text(stream);
  if (!stream.destroyed) await once(stream, "close");
  return {
    status: Number(head[":status"]),
    headers: Object.fromEntries(Object.entries(head)),
    sensitive: head[sensitive],
    body,
    trailers,
    closedWith: stream.rstCode ?? 0,
  };
}

const WAYS: Readonly<Record<string, Answering>> = {
  "respond and end": (stream) => {
    stream.respond({ ":status": 500, "x-own": ["1", "2"] });
    stream.end("whole body");
  },
  "a list of raw fields": (stream) => {
    stream.respond([":status", "500", "x-own", "1", "x-own", "2"] as never);
    stream.end("whole body");
  },
  "end without respond": (stream) => stream.end("whole body"),
  "write without respond": (stream) => {
    stream.write("whole ");
    stream.end("body");
  },
  "respond with endStream": (stream) => stream.respond({ ":status": 500 }, { endStream: true }),
  respondWithFile: (stream) => stream.respondWithFile(FILE, { ":status": 500 }),
  "respondWithFile with statCheck": (stream) =>
    stream.respondWithFile(
      FILE,
      { ":status": 500 },
      {
        statCheck: (_stat, headers) => {
          headers["x-late"] = "1";
        },
      },
    ),
  respondWithFD: (stream) => stream.respondWithFD(openSync(FILE, "r"), { ":status": 500 }),
  "hints before the head": (stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
    stream.respond({ ":status": 500 });
    stream.end("whole body");
  },
  "the program's trailers": (stream) => {
    stream.respond({ ":status": 500 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
    stream.end("whole body");
  },
};

describe.each(Object.entries(WAYS))("%s", (_, answer) => {
  test("answers whoever asks, and everything else is as without us", async () => {
    const sent: unknown[] = [];
    const port = await serve((stream, headers) => {
      answer(stream, headers);
      stream.on("close", () => sent.push({ ...stream.sentHeaders }, { ...stream.sentTrailers }));
    });
    const session = connect(port);
    const without = await get(session);
    observe();
    const unasked = await get(session);
    const asked = await get(session, ASK);
    for (const seen of [without, unasked, asked]) delete (seen.headers as { date?: string }).date;
    expect(unasked).toEqual(without);
    const { "x-error-tree": value, vary, ...others } = asked.headers;
    expect({ ...asked, headers: others, sensitive: [] }).toEqual(without);
    expect(vary).toBe("x-error-tree");
    expect(createAnswerCodec().decode(value as string, ID, "GET")).toMatchObject({
      code: "internal",
      service: "shop",
    });
    // A token or an id that never comes again has no place in the tables of compression.
    expect(asked.sensitive).toEqual(["x-error-tree"]);
    expect(JSON.stringify(sent)).not.toContain("error-tree");
  });
});

test("a program sees no ask: not in the headers, in the list of sensitive names, or in the raw list", async () => {
  observe(undefined);
  const seen: unknown[] = [];
  const server = http2.createServer((request, response) => {
    seen.push(request.headers, request.rawHeaders);
    response.end();
  });
  server.on("stream", (_stream, headers, _flags, raw?: unknown) =>
    seen.push(headers, raw, headers[http2.sensitiveHeaders as never]),
  );
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  const session = connect(await listen(server as never));
  const sensitive = { [http2.sensitiveHeaders]: ["x-error-tree", "x-other"] };
  for (let i = 0; i < 2; i++) await get(session, { ...ASK, "x-other": "kept", ...sensitive });
  expect(seen).toHaveLength(10);
  expect(JSON.stringify(seen)).not.toContain("error-tree");
  expect(JSON.stringify(seen)).toContain('"x-other","kept"');
  expect(seen[4]).toEqual(["x-other"]);
});

test.each([
  ["respond", { ":status": 200, ...FOREIGN, "x-own": "1" }],
  ["respond, raw", [":status", "200", ...Object.entries(FOREIGN).flat(), "x-own", "1"]],
])("what a gateway copied is removed, also after the shutdown: %s", async (_, head) => {
  const stop = observe(undefined);
  const port = await serve((stream) => {
    stream.respond((Array.isArray(head) ? [...head] : head) as never, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-error-tree": "copied", "x-sum": "1" }));
    stream.end("body");
  });
  const session = connect(port);
  for (let i = 0; i < 2; i++) {
    const { headers, body, trailers } = await get(session);
    expect(headers).toMatchObject({ "x-own": "1", vary: "accept" });
    expect(headers).not.toHaveProperty("x-error-tree");
    expect(headers).not.toHaveProperty("server-timing");
    expect(body).toBe("body");
    expect(trailers).toEqual({ "x-sum": "1" });
    stop();
  }
});

test("after the shutdown asks are hidden and not answered", async () => {
  const stop = observe();
  const seen: unknown[] = [];
  const port = await serve((stream, headers) => {
    seen.push({ ...headers });
    stream.end("body");
  });
  const session = connect(port);
  stop();
  const { headers } = await get(session, ASK);
  expect(headers).not.toHaveProperty("x-error-tree");
  expect(JSON.stringify(seen)).not.toContain("error-tree");
});

test("what fails behind the head stands in the program's trailers, and in those of the compatible API", async () => {
  observe({ service: "shop", code: "ok", exported: false }, failed());
  const core = await serve((stream) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
    stream.end("body");
  });
  const server = http2.createServer((_request, response) => {
    response.write("bo");
    response.end("dy");
  });
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  const compat = await listen(server as never);
  for (const port of [core, compat]) {
    const { body, trailers } = await get(connect(port), ASK);
    expect(body).toBe("body");
    const value = trailers["x-error-tree"] as string;
    expect(createAnswerCodec().decode(value, ID, "GET /")).toMatchObject({ code: "internal" });
    expect((await get(connect(port))).trailers).not.toHaveProperty("x-error-tree");
  }
});

test("a peer gets no more fields or bytes than it takes", async () => {
  observe();
  const many = Object.fromEntries(Array.from({ length: 124 }, (_, i) => [`x-${i}`, "1"]));
  const port = await serve((stream, headers) => {
    stream.respond({ ":status": 500, ...(headers[":path"] === "/many" ? many : undefined) });
    stream.end("body");
  });
  const session = connect(port);
  // Node's client takes 128 fields.
  const full = await get(session, { ":path": "/many", ...ASK });
  expect([full.status, full.body, full.headers["x-123"]]).toEqual([500, "body", "1"]);
  expect(full.headers).not.toHaveProperty("x-error-tree");
  const small = connect(port, { settings: { maxHeaderListSize: 1000 } });
  await once(small, "remoteSettings");
  const seen = await get(small, ASK);
  expect([seen.status, seen.body]).toEqual([500, "body"]);
  expect(seen.headers).not.toHaveProperty("x-error-tree");
  expect((await get(session, ASK)).headers).toHaveProperty("x-error-tree");
});

test("pushed streams and gRPC are left alone", async () => {
  observe();
  const port = await serve((stream, headers) => {
    if (headers["content-type"] === "application/grpc+proto") {
      stream.respond({
        ":status": 200,
        "content-type": "application/grpc",
        "x-seen": String(headers["x-error-tree"]),
      });
      stream.end();
      return;
    }
    stream.pushStream({ ":path": "/pushed", "x-error-tree": ASK["x-error-tree"] }, (error, pushed) => {
      if (error !== null) throw error;
      pushed.respond({ ":status": 200, "x-own": "1" });
      pushed.end("pushed");
    });
    stream.respond({ ":status": 500 });
    stream.end("body");
  });
  const session = connect(port);
  const pushing = new Promise<[http2.ClientHttp2Stream, IncomingHttpHeaders]>((resolve) => {
    session.once("stream", (stream) => stream.once("push", (head) => resolve([stream, head])));
  });
  expect((await get(session, ASK)).headers).toHaveProperty("x-error-tree");
  const [pushed, head] = await pushing;
  expect(head["x-own"]).toBe("1");
  expect(head).not.toHaveProperty("x-error-tree");
  expect(await text(pushed)).toBe("pushed");
  const grpc = await get(session, { ":method": "POST", "content-type": "application/grpc+proto", ...ASK });
  expect(grpc.headers["x-seen"]).toBe(ASK["x-error-tree"]);
  expect(grpc.headers).not.toHaveProperty("x-error-tree");
});

test("errors of the program are its own: a second head, a wrong status, a head after the end", async () => {
  observe();
  const errors: string[] = [];
  const trying = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      errors.push((error as { code: string }).code);
    }
  };
  const port = await serve((stream) => {
    trying(() => stream.respond({ ":status": 99 }));
    trying(() => stream.respond({ ":unknown": 1 } as never));
    stream.respond({ ":status": 500 });
    trying(() => stream.respond({ ":status": 500 }));
    trying(() => stream.additionalHeaders({ ":status": 103 }));
    stream.end("body");
    stream.close();
    trying(() => stream.respond({}));
  });
  const { status, headers } = await get(connect(port), ASK);
  expect([status, typeof headers["x-error-tree"]]).toEqual([500, "string"]);
  expect(errors).toEqual([
    "ERR_HTTP2_STATUS_INVALID",
    "ERR_HTTP2_INVALID_PSEUDOHEADER",
    "ERR_HTTP2_HEADERS_SENT",
    "ERR_HTTP2_HEADERS_AFTER_RESPOND",
    "ERR_HTTP2_INVALID_STREAM",
  ]);
});
