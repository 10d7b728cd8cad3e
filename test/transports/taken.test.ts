// What came back on an ask is gone from everything that a program sees, and nothing else is.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import http2 from "node:http2";
import { createServer as createNetServer } from "node:net";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import axios, { AxiosError } from "axios";
import got, { HTTPError } from "got";
import { describe, expect, onTestFinished, test } from "vitest";
import { createErrorTree } from "../../src/setup.ts";
import { hideInEvents } from "../../src/transports/http2/hidden.ts";
import { takeFromFields, takeFromHead, takeFromRequest } from "../../src/transports/taken.ts";
import { listen } from "../support/sdk-http.ts";
import { closedPort } from "../support/sockets.ts";
import { believes, forger, startAsking, treeOfJob, troubles } from "../support/strangers.ts";
import { UNDICI } from "../support/undici-versions.ts";

const OTHERS = ["x-behind: 1", "set-cookie: a=1", "set-cookie: b=2", "X-Behind: 2"];

async function getting(port: number, options: RequestOptions = {}): Promise<IncomingMessage> {
  const request = http.get({ host: "127.0.0.1", port, agent: false, ...options });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

/** Where a program finds fields, in the order in which it looks. */
const VIEWS = ["headers", "headersDistinct", "rawHeaders"] as const;

describe("a response of node:http", () => {
  test.each([
    ["headers first", VIEWS],
    ["raw fields first", [...VIEWS].reverse()],
    ["distinct headers first", ["headersDistinct", "rawHeaders", "headers"] as const],
  ])("has every other field, and none of ours, whoever looks: %s", async (_, views) => {
    startAsking();
    const service = await forger("127.0.0.1", OTHERS);
    const response = await getting(service.port);
    for (const view of views) expect(JSON.stringify(response[view])).not.toMatch(/error-tree/i);
    expect(response.headers).toMatchObject({
      "x-behind": "1, 2",
      "set-cookie": ["a=1", "b=2"],
      vary: "accept",
      connection: "close",
    });
    expect(response.headersDistinct).toMatchObject({ "x-behind": ["1", "2"], vary: ["accept"] });
    const plain = Object.keys(response.headersDistinct).length;
    expect(Object.keys(response.headers)).toHaveLength(plain);
    expect(await text(response)).toBe("said");
    expect(Object.keys(response.trailers)).toEqual([]);
  });

  test("has none of ours even if somebody read it before us", async () => {
    const seen: unknown[] = [];
    const early = (message: unknown): void => {
      const { response } = message as { response: IncomingMessage };
      seen.push(response.headers, response.headersDistinct);
    };
    subscribe("http.client.response.finish", early);
    onTestFinished(() => void unsubscribe("http.client.response.finish", early));
    startAsking();
    const service = await forger("127.0.0.1", OTHERS);
    const response = await getting(service.port);
    expect(JSON.stringify(seen)).toMatch(/error-tree/);
    for (const view of VIEWS) expect(JSON.stringify(response[view])).not.toMatch(/error-tree/i);
    expect(response.headers).toMatchObject({ "x-behind": "1, 2", vary: "accept" });
  });

  test.each([0, 1, 2, 3, 4, 1000])("is whole with a maxHeadersCount of %i", async (most) => {
    startAsking();
    const service = await forger("127.0.0.1", OTHERS);
    const request = http.get({ host: "127.0.0.1", port: service.port, agent: false });
    request.maxHeadersCount = most;
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (const view of VIEWS) expect(JSON.stringify(response[view])).not.toMatch(/error-tree/i);
    expect(await text(response)).toBe("said");
  });

  test.each([
    ["Vary: x-error-tree", undefined],
    ["vary: X-Error-Tree", undefined],
    ["vary: accept, x-error-tree", "accept"],
    ["vary: x-error-tree,accept-encoding, cookie", "accept-encoding, cookie"],
    ["vary: x-error-tree-2", "x-error-tree-2"],
    ["vary: *", "*"],
  ])("keeps of %s what is not ours", async (field, left) => {
    startAsking();
    const port = await listen(
      http.createServer((_, response) => {
        const [name = "", value = ""] = field.split(": ");
        response.writeHead(200, [name, value]).end();
      }),
    );
    const response = await getting(port);
    expect(response.headers.vary).toBe(left);
    expect(response.rawHeaders.filter((name) => /^vary$/i.test(name))).toHaveLength(
      left === undefined ? 0 : 1,
    );
    response.resume();
  });

  test("has none of ours behind its body", async () => {
    const parts = startAsking();
    const port = await listen(
      http.createServer((request, response) => {
        const id = /id="([0-9a-f]{16})"/.exec(request.rawHeaders.join())?.[1];
        response.writeHead(200, { "transfer-encoding": "chunked" });
        response.write("said");
        response.addTrailers([
          ["X-Error-Tree", `not-found;id="${id}";s="forger"`],
          ["x-sum", "4"],
        ]);
        response.end();
      }),
    );
    let response: IncomingMessage | undefined;
    await treeOfJob(parts, async () => {
      response = await getting(port);
      await text(response);
    });
    expect(JSON.stringify([response?.trailers, response?.trailersDistinct, response?.rawTrailers])).toBe(
      '[{"x-sum":"4"},{"x-sum":["4"]},["x-sum","4"]]',
    );
  });

  test("keeps a field of our name that nobody asked for: it is the stranger's", async () => {
    startAsking();
    const service = await forger("127.0.0.1");
    const response = await getting(service.port, { headers: { host: "api.example.com" } });
    expect(response.headers["x-error-tree"]).toContain("forger");
  });
});

test("two set-ups leave each other's answers alone: the one that runs reads its own", async () => {
  const idle = createErrorTree({ askHosts: ["payment"] }).spanProcessor();
  const parts = startAsking();
  const second = createErrorTree().spanProcessor();
  onTestFinished(async () => {
    await idle.shutdown();
    await second.shutdown();
  });
  const service = await forger("127.0.0.1", OTHERS);
  const seen: string[] = [];
  for (const call of [
    async () => JSON.stringify((await getting(service.port)).rawHeaders),
    async () => JSON.stringify([...(await fetch(`http://127.0.0.1:${service.port}/`)).headers]),
  ]) {
    expect(believes(await treeOfJob(parts, async () => void seen.push(await call())))).toBe(true);
  }
  expect(seen.join()).toContain("x-behind");
  expect(seen.join()).not.toMatch(/error-tree/i);
});

test.each([
  ["axios", (url: string) => axios.get(url)],
  ["axios by fetch", (url: string) => axios.get(url, { adapter: "fetch" })],
  ["got", (url: string) => got(url, { retry: { limit: 0 } })],
])("an error of %s has neither answer nor token, however it is printed", async (_, call) => {
  const parts = startAsking();
  const service = await forger("127.0.0.1", OTHERS, 503);
  let error: unknown;
  const tree = await treeOfJob(parts, () =>
    call(`http://payment:${service.port}/`).catch((thrown: unknown) => {
      error = thrown;
    }),
  );
  expect(believes(tree)).toBe(true);
  expect(error instanceof AxiosError || error instanceof HTTPError).toBe(true);
  const { response } = error as AxiosError;
  expect(JSON.stringify(response?.headers)).toContain("x-behind");
  expect(JSON.stringify(response?.headers)).not.toMatch(/error-tree/i);
  expect(JSON.stringify(error)).not.toMatch(/error-tree/i);
  // The name may stand there, beside an empty list.
  expect(inspect(error, { depth: 6, showHidden: true })).not.toMatch(/k1:|id="[0-9a-f]{16}"|forger/);
});

describe("what is left of a request shows no token", () => {
  const shown = (value: unknown): string => inspect(value, { depth: 5, showHidden: true });

  test("when its head was made, and when it was answered", async () => {
    startAsking();
    const service = await forger("127.0.0.1", OTHERS);
    const request = http.get({ host: "127.0.0.1", port: service.port, agent: false });
    expect(JSON.stringify([request.getHeaders(), request.getRawHeaderNames()])).not.toContain("k1:");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(service.heads[0]).toContain("k1:");
    expect(request.headersSent).toBe(true);
    expect(shown(request)).not.toContain("k1:");
    expect(shown(response)).not.toMatch(/k1:|forger/);
    response.resume();
  });

  test.each([
    ["nobody listens", (request: http.ClientRequest) => void request],
    ["the program gives up", (request: http.ClientRequest) => void request.destroy(new Error("enough"))],
    ["the program gives up at once", (request: http.ClientRequest) => void request.destroy()],
  ])("when %s", async (_, then) => {
    startAsking();
    const port = await closedPort();
    const request = http.request({ host: "127.0.0.1", port, agent: false, method: "POST" });
    request.end("a body");
    then(request);
    const [error] = await once(request, "error").catch((thrown) => [thrown]);
    expect(shown(error)).not.toContain("k1:");
    expect(shown(request)).not.toContain("k1:");
  });

  test("when a socket breaks before the head of the response", async () => {
    startAsking();
    const port = await listen(createNetServer((socket) => socket.once("data", () => socket.destroy())));
    const request = http.get({ host: "127.0.0.1", port, agent: false });
    const [error] = await once(request, "error").catch((thrown) => [thrown]);
    expect(shown([error, request])).not.toContain("k1:");
  });

  test.each(Object.entries(UNDICI))("in an error of %s", async (_, undici) => {
    startAsking();
    const port = await closedPort();
    const dispatcher = new undici.RetryAgent(new undici.Agent(), { maxRetries: 0 });
    const errors = [
      await undici.request(`http://payment:${port}/`).catch((thrown: unknown) => thrown),
      await undici.request(`http://payment:${port}/`, { dispatcher }).catch((thrown: unknown) => thrown),
      await undici.fetch(`http://payment:${port}/`).catch((thrown: unknown) => thrown),
    ];
    expect(shown(errors)).toMatch(/ECONNREFUSED/);
    expect(shown(errors)).not.toMatch(/k1:|error-tree/);
  });
});

test("a gateway over HTTP/2 that copies a whole head hands nothing on", async () => {
  startAsking();
  const service = await forger("127.0.0.1", OTHERS);
  const gateway = http2.createServer(async (_, response) => {
    const upstream = await getting(service.port);
    const { connection: _connection, ...headers } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 0, headers);
    upstream.pipe(response);
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const session = http2.connect(`http://127.0.0.1:${(gateway.address() as { port: number }).port}`);
  const stream = session.request({ ":path": "/" });
  const [headers] = await once(stream, "response");
  stream.resume();
  await once(stream, "close");
  session.close();
  gateway.close();
  expect(headers).toMatchObject({ "x-behind": "1, 2", vary: "accept" });
  expect(inspect(headers)).not.toMatch(/error-tree/i);
});

describe.each(Object.entries(UNDICI))("%s", (_, undici) => {
  test("counts an answer that came twice, and none of it is left", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1", ["X-Error-Tree: ok"]);
    const { headers, body } = await undici.request(`http://payment:${service.port}/`, {
      dispatcher: new undici.Agent(),
    });
    await body.text();
    expect(JSON.stringify(headers)).not.toMatch(/error-tree/i);
    expect(troubles(parts)).toEqual({ answers_malformed: 1 });
  });
});

describe("fields of undici", () => {
  const bytes = (...list: string[]): Buffer[] => list.map((item) => Buffer.from(item, "latin1"));

  test.each<[string[], string | string[] | undefined, string[]]>([
    [["a", "1", "X-Error-Tree", "ok", "b", "2"], "ok", ["a", "1", "b", "2"]],
    [["x-error-tree", "ok"], "ok", []],
    [["x-error-tree", "1", "X-ERROR-TREE", "2"], ["1", "2"], []],
    [["vary", "x-error-tree", "Vary", "a, X-Error-Tree"], undefined, ["Vary", "a"]],
    [
      ["x-error-tree-2", "1", "x-error-tre\u00e9", "2"],
      undefined,
      ["x-error-tree-2", "1", "x-error-tre\u00e9", "2"],
    ],
    [["a", "1", "x-error-tree"], undefined, ["a", "1", "x-error-tree"]],
    [[], undefined, []],
  ])("%j", (fields, taken, left) => {
    const list = bytes(...fields);
    expect(takeFromFields(list)).toEqual(taken);
    expect(list.map((item) => item.toString("latin1"))).toEqual(left);
    const texts = [...fields];
    expect(takeFromFields(texts)).toEqual(taken);
    expect(texts).toEqual(left);
  });

  test.each<[Record<string, string | string[]>, unknown, object]>([
    [{ a: "1", "x-error-tree": "ok" }, "ok", { a: "1" }],
    [{ "x-error-tree": ["1", "2"], vary: "x-error-tree" }, ["1", "2"], {}],
    [{ vary: ["a", "x-error-tree"] }, undefined, { vary: ["a"] }],
    [{}, undefined, {}],
  ])("as HTTP/2 has them: %j", (fields, taken, left) => {
    expect(takeFromFields(fields)).toEqual(taken);
    expect(fields).toEqual(left);
  });

  test.each([undefined, null, 7, "x-error-tree: ok"])("none in %j", (fields) => {
    expect(takeFromFields(fields)).toBeUndefined();
  });
});

describe("fields that a peer repeats thousands of times are taken in one pass", () => {
  const MANY = 1000;
  const repeated = Array.from({ length: MANY }, (_, i) => ["x-error-tree", `${i}`, "a", `${i}`]).flat();

  /** A list that counts how often something is written into it. */
  function counting(list: string[]): { list: string[]; writes: () => number } {
    let writes = 0;
    const set = (target: string[], at: string, value: unknown): boolean => {
      writes++;
      return Reflect.set(target, at, value);
    };
    return { list: new Proxy([...list], { set: set as never }), writes: () => writes };
  }

  /** A message as node's parser has made it. */
  function messageOf(list: string[]): IncomingMessage {
    const message = new http.IncomingMessage(null as never);
    (message as { rawHeaders: string[] }).rawHeaders = list;
    const count = Object.getOwnPropertySymbols(message).find(
      (symbol) => symbol.description === "kHeadersCount",
    );
    Object.defineProperty(message, count as symbol, { value: list.length, writable: true });
    return message;
  }

  const OTHERS_LEFT = Array.from({ length: MANY }, (_, i) => ["a", `${i}`]).flat();
  const hideInHttp2 = (list: string[]): void => {
    const session = { emit: () => true };
    hideInEvents(session, () => {});
    (session.emit as (...args: unknown[]) => boolean)("stream", {}, {}, 0, list);
  };

  test.each<[string, (list: string[]) => unknown]>([
    ["of a request", (list) => takeFromRequest(messageOf(list))],
    ["of a response", (list) => takeFromHead(messageOf(list))],
    ["of a response of undici", takeFromFields],
    ["of a request over HTTP/2", hideInHttp2],
  ])("%s", (_, take) => {
    const { list, writes } = counting(repeated);
    const taken = take(list);
    expect(writes()).toBeLessThan(5 * MANY);
    if (taken !== undefined) expect(String(taken)).toMatch(/^0, ?1, ?2,.*999$/);
    expect(list.slice(0, 2 * MANY)).toEqual(OTHERS_LEFT);
    expect(list.slice(2 * MANY).filter((_value, i) => i % 2 === 1 && _value !== "")).toEqual([]);
  });

  test("and what node builds of the request has all others", () => {
    const message = messageOf(["a", "1", "x-error-tree", "x", "b", "2", "X-Error-Tree", "y", "c", "3"]);
    expect(takeFromRequest(message)).toBe("x, y");
    expect(message.headers).toEqual({ a: "1", b: "2", c: "3" });
    expect(message.rawHeaders).toHaveLength(10);
  });
});
