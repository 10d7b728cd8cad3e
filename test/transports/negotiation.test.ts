// Asks in odd shapes, and exchanges that are no plain request with one response: nobody is harmed, whoever asks rightly is answered.

import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import http, { type RequestListener, type ServerOptions } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { fastify } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { listen, request } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";
import { exchange } from "../support/sockets.ts";

const ID = "00f067aa0ba902b7";
const OTHER = "b7ad6b7169203331";
const ASK = { "x-error-tree": `v=1, id="${ID}", from="test"` };
const ANSWER = `ok;id="${ID}";s="shop"`;

/** Observes the servers of the process, with hooks that say that all is well, until the test has finished. */
function observe(): HealthCounts {
  const health = new HealthCounts();
  onTestFinished(
    observeHttpServers(httpServerParts(always({ service: "shop", code: "ok", exported: false }), { health })),
  );
  return health;
}

function serve(listener: RequestListener, options: ServerOptions = {}): Promise<number> {
  return listen(http.createServer(options, listener));
}

describe("an ask", () => {
  const SEEN: RequestListener = (req, res) => void res.end(JSON.stringify([req.headers, req.rawHeaders]));
  const MALFORMED = { asks_malformed: 1 };

  test.each<[string, string | string[], string | undefined, object]>([
    ["in several fields", ["v=1", `id="${ID}"`, 'from="test"'], ANSWER, {}],
    ["in several fields, some of them empty", ["", "v=1", "", `id="${ID}"`, ""], undefined, MALFORMED],
    ["between empty fields", ["", ASK["x-error-tree"], ""], ANSWER, {}],
    ["that comes twice", [ASK["x-error-tree"], ASK["x-error-tree"]], ANSWER, {}],
    ["of two: the last member of a name counts", [`v=1, id="${OTHER}"`, `id="${ID}"`], ANSWER, {}],
    ["in another order", `from="test", id="${ID}", v=1`, ANSWER, {}],
    ["without spaces", `v=1,id="${ID}"`, ANSWER, {}],
    ["with spaces and tabs", `  v=1 ,\t id="${ID}" `, ANSWER, {}],
    ["with members of a later version", `v=1, id="${ID}", w=?0, x=(1 2);y, z="later"`, ANSWER, {}],
    ["with parameters", `v=1;a;b=2, id="${ID}";c="d", from="test";e=:AA==:`, ANSWER, {}],
    ["of a person", "v=1, f=json", "json", {}],
    ["of a person, with parameters", "f=json;q=1, v=1", "json", {}],
    ["that is empty", "", undefined, {}],
    ["of spaces", "   ", undefined, {}],
    ["of commas", [",", ", ,"], undefined, {}],
    ["that is a text", "please", undefined, MALFORMED],
    ["that is a list", `("v" 1), "${ID}"`, undefined, MALFORMED],
    ["whose id is a list", `v=1, id=("${ID}")`, undefined, MALFORMED],
    ["whose id is in capitals", `v=1, id="${ID.toUpperCase()}"`, undefined, MALFORMED],
    ["whose id is too short", `v=1, id="${ID.slice(1)}"`, undefined, MALFORMED],
    ["whose id is a token", `v=1, id=a${ID}`, undefined, MALFORMED],
    ["without an id", 'v=1, from="test"', undefined, MALFORMED],
    ["without a version", `id="${ID}"`, undefined, MALFORMED],
    ["of another version", `v=2, id="${ID}"`, undefined, MALFORMED],
    ["with a comma at its end", `v=1, id="${ID}", x=`, undefined, MALFORMED],
    ["with a quote that never ends", `v=1, id="${ID}`, undefined, MALFORMED],
    ["with bytes that are no ASCII", `v=1, id="${ID}", from="caf\u00e9"`, undefined, MALFORMED],
    ["with UTF-8", `v=1, id="${ID}", from="caf\u00c3\u00a9"`, undefined, MALFORMED],
    ["of 600 bytes", `v=1, id="${ID}", from="${"x".repeat(570)}"`, undefined, MALFORMED],
    ["of 15 KB", `v=1, id="${ID}", from="${"x".repeat(15_000)}"`, undefined, MALFORMED],
    ["of 15 KB of commas", ",".repeat(15_000), undefined, {}],
    ["in 500 fields", Array.from({ length: 500 }, () => "v=1"), undefined, MALFORMED],
  ])(
    "%s is answered, or ignored and counted, and hidden from the program",
    async (_, value, answer, counts) => {
      const port = await serve(SEEN);
      const health = observe();
      const response = await request(port, "/", { "x-before": "1", "x-error-tree": value, "x-after": "2" });
      expect(response.status).toBe(200);
      const [headers, rawHeaders] = JSON.parse(response.body) as [Record<string, string>, string[]];
      expect(headers).toMatchObject({ "x-before": "1", "x-after": "2" });
      expect(headers).not.toHaveProperty("x-error-tree");
      expect(rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1] === "x-error-tree").join("")).toBe(
        "",
      );
      const fields = response.fields.filter(([name]) => name === "x-error-tree").map(([, field]) => field);
      if (answer === "json") expect(JSON.parse(fields[0] as string)).toMatchObject({ service: "shop" });
      else expect(fields).toEqual(answer === undefined ? [] : [answer]);
      expect(health.snapshot()).toEqual(counts);
    },
  );

  test("that node joins in its own way, as a server can ask for, is read all the same", async () => {
    const port = await serve(SEEN, { joinDuplicateHeaders: true });
    observe();
    const response = await request(port, "/", { "x-error-tree": ["v=1", `id="${ID}"`] });
    expect(response.field("x-error-tree")).toBe(ANSWER);
  });
});

describe("an upgrade", () => {
  const UPGRADE = `GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: echo\r\nx-error-tree: ${ASK["x-error-tree"]}\r\n\r\n`;

  test("is the program's alone: no answer, and its bytes stay as they are", async () => {
    const health = observe();
    const server = http.createServer();
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
      socket.end("echoed");
    });
    const seen = await exchange(await listen(server), UPGRADE);
    expect(seen).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nechoed",
    );
    expect(health.snapshot()).toEqual({});
  });

  test("that nobody takes is a request like any other", async () => {
    const health = observe();
    const port = await serve(
      (_, res) => void res.writeHead(200, { connection: "close" }).end("not upgraded"),
    );
    const seen = await exchange(port, UPGRADE);
    expect(seen.match(/^x-error-tree: (.*)\r$/im)?.[1]).toBe(ANSWER);
    expect(seen).toContain("not upgraded");
    expect(health.snapshot()).toEqual({});
  });

  test("a tunnel is the program's alone", async () => {
    const health = observe();
    const server = http.createServer();
    server.on("connect", (_, socket) => void socket.end("HTTP/1.1 200 Connected\r\n\r\ntunnel"));
    const seen = await exchange(await listen(server), UPGRADE.replace("GET /", "CONNECT shop:80"));
    expect(seen).toBe("HTTP/1.1 200 Connected\r\n\r\ntunnel");
    expect(health.snapshot()).toEqual({});
  });
});

describe("a response", () => {
  test("to a request that waits for a continue is answered once, on its final head", async () => {
    const health = observe();
    const port = await serve(async (req, res) => {
      res.end(await text(req));
    });
    const seen = await exchange(
      port,
      `POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 4\r\nx-error-tree: ${ASK["x-error-tree"]}\r\n\r\nbody`,
    );
    expect(seen).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(seen.match(/^x-error-tree: .*\r$/gim)).toEqual([`x-error-tree: ${ANSWER}\r`]);
    expect(health.snapshot()).toEqual({});
  });

  test("whose expectation fails is answered, too", async () => {
    const health = observe();
    const port = await serve((_, res) => void res.end());
    const response = await request(port, "/", { ...ASK, expect: "the impossible" });
    expect([response.status, response.field("x-error-tree")]).toEqual([417, ANSWER]);
    expect(health.snapshot()).toEqual({});
  });

  test("of a class of the program's own is answered, and its own ways stay", async () => {
    class OwnResponse extends http.ServerResponse {
      override end(...args: unknown[]): this {
        this.emit("own end");
        return super.end(...(args as []));
      }
    }
    const health = observe();
    let ends = 0;
    const port = await serve(
      (_, res) => {
        res.on("own end", () => ends++);
        res.write("whole ");
        res.end("body");
      },
      { ServerResponse: OwnResponse as never },
    );
    const response = await request(port, "/", ASK);
    expect([response.body, response.field("x-error-tree"), ends]).toEqual(["whole body", ANSWER, 1]);
    expect(health.snapshot()).toEqual({});
  });

  test.each<[string, RequestListener]>([
    [
      "announced where there can be none",
      (_, res) => void res.writeHead(200, { trailer: "x-sum", "content-length": 0 }),
    ],
    ["announced on a 204", (_, res) => void res.writeHead(204, { trailer: "x-sum" })],
  ])("with trailers %s fails as it does without us", async (_, listener) => {
    const codes: unknown[] = [];
    const port = await serve((req, res) => {
      try {
        listener(req, res);
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code);
        res.writeHead(500).end("refused");
      }
    });
    const before = await request(port, "/", ASK);
    const health = observe();
    const after = await request(port, "/", ASK);
    expect([after.status, after.body]).toEqual([before.status, before.body]);
    expect(codes).toEqual(["ERR_HTTP_TRAILER_INVALID", "ERR_HTTP_TRAILER_INVALID"]);
    expect(after.field("x-error-tree")).toBe(ANSWER);
    expect(health.snapshot()).toEqual({});
  });

  test("that is not node's does no harm", () => {
    const health = observe();
    for (const message of [undefined, {}, { request: {}, response: {} }, { request: { headers: null } }]) {
      channel("http.server.request.start").publish(message);
    }
    expect(health.snapshot().internal_errors).toBeGreaterThan(0);
  });
});

describe("a request within the process, without a socket", () => {
  test.each([{}, ASK, { "x-error-tree": "v=1, f=json" }])(
    "is answered by the program as ever: %o",
    async (headers) => {
      const { sdk } = setUp("withErrorTree", { sampler: new AlwaysOffSampler() });
      const app = fastify();
      app.get("/whole", (_, reply) => reply.header("set-cookie", ["a=1", "b=2"]).send("whole"));
      app.get("/broken", () => {
        throw new Error("broke");
      });
      app.get("/streamed", (_, reply) => {
        reply.raw.writeHead(200, { trailer: "x-sum" });
        reply.raw.write("whole ");
        reply.raw.addTrailers({ "x-sum": "4" });
        reply.raw.end("body");
        return reply;
      });
      const whole = await app.inject({ url: "/whole", headers });
      expect([whole.statusCode, whole.body, whole.headers["set-cookie"]]).toEqual([
        200,
        "whole",
        ["a=1", "b=2"],
      ]);
      expect((await app.inject({ url: "/broken", headers })).statusCode).toBe(500);
      const streamed = await app.inject({ url: "/streamed", headers });
      expect([streamed.statusCode, streamed.body, streamed.trailers]).toEqual([
        200,
        "whole body",
        { "x-sum": "4" },
      ]);
      await app.close();
      await sdk.shutdown();
    },
  );
});

test("a socket that is reset in the middle of a head leaves nothing behind", async () => {
  const health = observe();
  const port = await serve((_, res) => void res.end("whole"));
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("GET / HTTP/1.1\r\nhost: shop\r\nx-error-tree: v=1, id=");
  socket.resetAndDestroy();
  expect((await request(port, "/", ASK)).field("x-error-tree")).toBe(ANSWER);
  expect(health.snapshot()).toEqual({});
});
