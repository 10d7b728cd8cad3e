// What strangers did to get an ask: every way leads through a real socket, to a server that answers what it likes.
import { once } from "node:events";
import http, { type RequestOptions } from "node:http";
import { connect, createServer as createNetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isNoSocket } from "../../src/transports/receive.ts";
import { httpGet, viaDispatch } from "../support/clients.ts";
import { listen, plainService } from "../support/sdk-http.ts";
import { closedPort, streamTo } from "../support/sockets.ts";
import {
  ASKS,
  believes,
  forger,
  STRANGE,
  startAsking,
  treeOfJob,
  troubles,
  tunnelProxy,
  tunnelTo,
  unanswering,
} from "../support/strangers.ts";
import { UNDICI } from "../support/undici-versions.ts";

const NOTHING = "x-error-tree";

/** Leads every connection of undici to that port of the stranger. */
function leading(port: number, address: string = STRANGE) {
  return (_: object, done: (error: null, socket: Socket) => void): void => {
    const socket = connect(port, address, () => done(null, socket));
  };
}

describe.each(Object.entries(UNDICI))("%s", (version, undici) => {
  const GET = { method: "GET" } as const;

  test.each(["//payment/x", "/\\payment/x", "http://payment/x", "https://payment/x", "//payment:80"])(
    "shows a stranger no ask by the path %s, and does not believe it",
    async (path) => {
      const parts = startAsking();
      const stranger = await forger(STRANGE);
      const origin = `http://api.example.com:${stranger.port}`;
      const dispatcher = new undici.Agent();
      const ways: (() => Promise<unknown>)[] = [
        () => undici.request({ origin, path, dispatcher, ...GET } as never),
        () => viaDispatch(dispatcher, { origin, path, ...GET }),
        () => new undici.Client(origin).request({ path, ...GET }),
        () => new undici.Pool(origin).request({ path, ...GET }),
      ];
      for (const way of ways) {
        expect(believes(await treeOfJob(parts, () => way().catch(() => undefined)))).toBe(false);
      }
      expect(stranger.heads.length).toBeGreaterThan(1);
      expect(stranger.heads.join().toLowerCase()).not.toContain(NOTHING);
      expect(troubles(parts)).toEqual({});
    },
  );

  test.each(["//payment/x", "/\\payment/x", "http://api.example.com/x"])(
    "asks not by the path %s where it may ask otherwise",
    async (path) => {
      startAsking();
      const service = await forger("127.0.0.1");
      const client = new undici.Client(`http://payment:${service.port}`);
      await client.request({ path, ...GET });
      await client.request({ path: "/x", ...GET });
      expect(service.heads.map((head) => ASKS.test(head))).toEqual([false, true]);
    },
  );

  test("asks whom the client is connected to, not whom a request names", async () => {
    const parts = startAsking();
    const stranger = await forger(STRANGE, ["location: http://payment/x"], 302);
    const client = new undici.Client(`http://api.example.com:${stranger.port}`);
    const calls: object[] = [
      { origin: "http://payment", path: "/x", ...GET },
      { origin: `http://payment:${stranger.port}`, path: "/x", ...GET },
      { origin: "http://payment", path: "/x", ...GET, headers: { host: "payment" } },
      { origin: "http://payment", path: "/x", method: "POST", body: "text" },
      { origin: "http://payment", path: "/x", method: "POST", body: new Blob(["text"]).stream() },
      ...(version === "undici6" ? [{ path: "/x", ...GET, maxRedirections: 2 }] : []),
    ];
    for (const call of calls) {
      const tree = await treeOfJob(parts, () => client.request(call as never));
      expect(believes(tree)).toBe(false);
    }
    expect(stranger.heads.length).toBeGreaterThanOrEqual(calls.length);
    expect(stranger.heads.join().toLowerCase()).not.toContain(NOTHING);
    expect(stranger.heads.join()).toMatch(/^traceparent: /im);
    expect(troubles(parts)).toEqual({});
  });

  test.each([
    "http://[2a00:1450::1]",
    "http://[fe80::1]",
    "http://[fd00:ec2::254]",
    "http://[::ffff:8.8.8.8]",
    "http://[::8.8.8.8]",
    "http://[64:ff9b::a00:1]",
    "http://8.8.8.8",
    "http://0x08080808",
    "http://169.254.169.254",
    "http://api\u3002example\u3002com",
    "http://payment@api.example.com",
  ])("asks nobody at %s", async (origin) => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    const client = new undici.Client(origin, { connect: leading(stranger.port) });
    const tree = await treeOfJob(parts, () => client.request({ path: "/", ...GET }));
    expect(stranger.heads).toHaveLength(1);
    expect(stranger.heads.join().toLowerCase()).not.toContain(NOTHING);
    expect(believes(tree)).toBe(false);
  });

  test.each(["http://[::1]", "http://[fd00::1]", "http://[::ffff:10.0.0.1]", "http://10.0.0.1"])(
    "asks who is at %s, if the connection leads there",
    async (origin) => {
      const parts = startAsking();
      const service = await forger("127.0.0.1");
      const client = new undici.Client(origin, { connect: leading(service.port, "127.0.0.1") });
      const tree = await treeOfJob(parts, () => client.request({ path: "/", ...GET }));
      expect(service.heads[0]).toMatch(ASKS);
      expect(believes(tree)).toBe(true);
    },
  );

  test("asks nobody if the connection leads elsewhere, and not again", async () => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    const service = await forger("127.0.0.1");
    let port = stranger.port;
    let address = STRANGE;
    const client = new undici.Client("http://payment", {
      connect: (options: object, done: never) => leading(port, address)(options, done),
    } as never);
    await client.request({ path: "/", ...GET });
    [port, address] = [service.port, "127.0.0.1"];
    await client.request({ path: "/", ...GET });
    expect([...stranger.heads, ...service.heads].join().toLowerCase()).not.toContain(NOTHING);
    expect(stranger.heads).toHaveLength(1);
    expect(service.heads).toHaveLength(1);
    expect(troubles(parts)).toEqual({});
  });

  test("asks nobody by a pipelined request that is sent again", async () => {
    const parts = startAsking();
    const heads: string[] = [];
    const stranger = createNetServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", (chunk) => {
        heads.push(String(chunk));
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const port = await listen(stranger, STRANGE);
    const client = new undici.Client("http://payment", { pipelining: 3, connect: leading(port) });
    const paths = ["/1", "/2", "/3"];
    await Promise.allSettled(paths.map((path) => client.request({ path, ...GET })));
    await client.destroy();
    // Some were sent twice.
    expect(heads.length).toBeGreaterThan(1);
    expect(heads.join().toLowerCase()).not.toContain(NOTHING);
    expect(troubles(parts)).toEqual({});
  });

  test("asks nobody at the end of a stream that is no socket of this host", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const client = new undici.Client("http://localhost", {
      connect: (_: object, done: (error: null, stream: unknown) => void) =>
        setImmediate(() => done(null, streamTo(service.port))),
    } as never);
    onTestFinished(() => client.destroy());
    const tree = await treeOfJob(parts, () => client.request({ path: "/", ...GET }));
    expect(believes(tree)).toBe(false);
    expect(service.heads).toHaveLength(1);
    expect(service.heads.join().toLowerCase()).not.toContain(NOTHING);
    expect(troubles(parts)).toEqual({});
  });

  test("a socket of this host is asked, unless the Host is another party", async () => {
    const parts = startAsking();
    const path = join(tmpdir(), `asks-${process.pid}-${Math.random()}.sock`);
    const service = await forger(path);
    const asks: boolean[] = [];
    for (const [origin, headers] of [
      ["http://localhost", {}],
      ["http://api.example.com", {}],
      ["http://localhost", { host: "api.example.com" }],
    ] as const) {
      const client = new undici.Client(origin, { socketPath: path });
      const tree = await treeOfJob(parts, () => client.request({ path: "/", ...GET, headers }));
      asks.push(believes(tree));
    }
    expect(asks).toEqual([true, false, false]);
    expect(service.heads.map((head) => ASKS.test(head))).toEqual(asks);
  });

  test.each([true, false])("asks nobody behind a ProxyAgent with proxyTunnel %s", async (proxyTunnel) => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const tunnel = await tunnelProxy();
    const forward = await forger("127.0.0.1");
    const uri = `http://127.0.0.1:${proxyTunnel ? tunnel.port : forward.port}`;
    for (const host of ["payment", "api.example.com"]) {
      const dispatcher = new undici.ProxyAgent({ uri, proxyTunnel } as never);
      const tree = await treeOfJob(parts, () =>
        undici.request(`http://${host}:${service.port}/`, { dispatcher }),
      );
      expect(believes(tree)).toBe(false);
      await dispatcher.close();
    }
    const heads = proxyTunnel ? service.heads : forward.heads;
    expect(heads).toHaveLength(2);
    expect([...tunnel.connects, ...heads].join().toLowerCase()).not.toContain(NOTHING);
    expect(troubles(parts)).toEqual({});
  });

  test("asks nobody through a tunnel that was made with node:http", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const proxy = await tunnelProxy();
    const client = new undici.Client("http://payment", {
      connect: (_: object, done: (error: null, socket: Socket) => void) =>
        void tunnelTo(`payment:${service.port}`, proxy.port).then((socket) => done(null, socket)),
    } as never);
    onTestFinished(() => client.destroy());
    const tree = await treeOfJob(parts, () => client.request({ path: "/", ...GET }));
    expect(service.heads).toHaveLength(1);
    expect(service.heads.join().toLowerCase()).not.toContain(NOTHING);
    expect(believes(tree)).toBe(false);
  });

  test("its tunnels are known to node:http, which believes nobody behind them", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const proxy = await tunnelProxy();
    const client = new undici.Client(`http://127.0.0.1:${proxy.port}`);
    onTestFinished(() => client.destroy());
    const trees = [];
    for (let i = 0; i < 2; i++) {
      const { socket } = await client.connect({ path: `payment:${service.port}` });
      const createConnection = (): Socket => socket as Socket;
      trees.push(await treeOfJob(parts, () => httpGet({ host: "payment", createConnection })));
    }
    expect(trees.map(believes)).toEqual([false, false]);
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, false]);
  });

  test("asks nobody behind an EnvHttpProxyAgent", async () => {
    startAsking();
    const service = await forger("127.0.0.1");
    const tunnel = await tunnelProxy();
    const forward = await forger("127.0.0.1");
    for (const { port } of [tunnel, forward]) {
      const dispatcher = new undici.EnvHttpProxyAgent({ httpProxy: `http://127.0.0.1:${port}` });
      await undici.request(`http://payment:${service.port}/`, { dispatcher }).catch(() => undefined);
      await dispatcher.destroy();
    }
    const all = [...service.heads, ...tunnel.connects, ...forward.heads];
    expect(all.length).toBeGreaterThan(1);
    expect(all.join().toLowerCase()).not.toContain(NOTHING);
  });

  test.each(["websocket", "h2c"])("asks nobody on an upgrade to %s", async (protocol) => {
    startAsking();
    const service = await forger("127.0.0.1");
    const client = new undici.Client(`http://payment:${service.port}`);
    await client.upgrade({ path: "/", protocol }).catch(() => undefined);
    expect(service.heads).toHaveLength(1);
    expect(service.heads.join().toLowerCase()).not.toContain(NOTHING);
  });

  test("a head that the ask would make too large has none", async () => {
    startAsking();
    const service = await forger("127.0.0.1");
    const client = new undici.Client(`http://payment:${service.port}`);
    const limit = 15 * 1024 + 512;
    for (const bytes of [1000, limit - 200, limit, 16_200]) {
      await client.request({ path: "/", ...GET, headers: { cookie: "x".repeat(bytes) } });
      await client.request({ path: `/${"x".repeat(bytes)}`, ...GET });
    }
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, true, ...Array(6).fill(false)]);
  });

  test("asks once if a program was instrumented twice", async () => {
    startAsking();
    const service = await forger("127.0.0.1");
    const { propagation, context, trace, SpanKind } = await import("@opentelemetry/api");
    const outer = trace.getTracer("outer").startSpan("GET", {
      kind: SpanKind.CLIENT,
      attributes: { "server.address": "payment" },
    });
    const headers: Record<string, string> = {};
    await context.with(trace.setSpan(context.active(), outer), async () => {
      propagation.inject(context.active(), headers);
      await undici.request(`http://payment:${service.port}/`, {
        headers,
        dispatcher: new undici.Agent(),
      });
    });
    expect(service.heads[0]?.match(/^x-error-tree:/gim)).toHaveLength(1);
    expect(service.heads[0]).toMatch(ASKS);
  });
});

describe("node:http", () => {
  test.each([
    "2a00:1450::1",
    "fe80::1",
    "fe80::1%lo",
    "fd00:ec2::254",
    "[fd00:ec2::254]",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::a00:1",
    "8.8.8.8",
    "0x08080808",
    "134744072",
    "169.254.169.254",
    "cafe",
    "feed",
    "api\u3002example\u3002com",
    "payment@api.example.com",
    "payment:80@api.example.com",
    "payment/api.example.com",
    "payment api.example.com",
    "",
  ])("asks nobody at the host %j, in whichever option it stands", async (host) => {
    const parts = startAsking();
    const stranger = await forger(STRANGE);
    const createConnection = (): Socket => connect(stranger.port, STRANGE);
    const wishes: RequestOptions[] = [
      { host, createConnection },
      { hostname: host, createConnection },
      { host, port: 80, path: "/x", agent: Object.assign(new http.Agent(), { createConnection }) },
    ];
    for (const options of wishes) {
      const tree = await treeOfJob(parts, () => httpGet(options).catch(() => undefined));
      expect(believes(tree)).toBe(false);
    }
    const sent = stranger.heads.filter((head) => host !== "" || !/^host: localhost/im.test(head));
    expect(sent.join().toLowerCase()).not.toContain(NOTHING);
  });

  test.each(["::1", "fd00::1", "::ffff:10.0.0.1", "10.0.0.1", "payment", "payment.internal"])(
    "asks who is at the host %s, if the connection leads there",
    async (host) => {
      const parts = startAsking();
      const service = await forger("127.0.0.1");
      const createConnection = (): Socket => connect(service.port, "127.0.0.1");
      const tree = await treeOfJob(parts, () => httpGet({ host, createConnection }));
      expect(service.heads[0]).toMatch(ASKS);
      expect(believes(tree)).toBe(true);
    },
  );

  test.each<[string, RequestOptions]>([
    ["a Host of another party", { headers: { host: "api.example.com" } }],
    ["a Host with a user", { headers: { Host: "payment@api.example.com" } }],
    ["a whole URL as path", { path: "http://api.example.com/x" }],
    ["a whole URL with a query as path", { path: "http://api.example.com/x?y=1" }],
    ["an agent with a proxy", { agent: Object.assign(new http.Agent(), { proxy: "http://a.example" }) }],
    ["Expect", { headers: { expect: "100-continue" } }],
    ["an upgrade", { headers: { Connection: "Upgrade", Upgrade: "websocket" } }],
    ["the asterisk", { method: "OPTIONS", path: "*" }],
  ])("asks nobody with %s, and without it asks", async (_, options) => {
    startAsking();
    const service = await forger("127.0.0.1");
    const here = { host: "127.0.0.1", port: service.port };
    await httpGet({ ...here, ...options }).catch(() => undefined);
    await httpGet(here);
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([false, true]);
    expect(service.heads[0]?.toLowerCase()).not.toContain(NOTHING);
  });

  test("looks at what the program sets until the head is written", async () => {
    startAsking();
    const service = await forger("127.0.0.1");
    const late: ((request: http.ClientRequest) => void)[] = [
      (request) => request.setHeader("Host", "api.example.com"),
      (request) => request.appendHeader("Host", "api.example.com"),
      (request) => request.setHeader("Upgrade", "websocket"),
      (request) => request.setHeader("Cookie", "x".repeat(15_800)),
      (request) => {
        request.path = "http://api.example.com/";
      },
      (request) => request.setHeader("Cookie", "x".repeat(1000)),
    ];
    for (const set of late) {
      await new Promise((resolve) => {
        const request = http.request({ host: "127.0.0.1", port: service.port, agent: false });
        set(request);
        request.on("response", (response) => response.resume().on("end", resolve));
        request.on("error", resolve);
        request.end();
      });
    }
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([false, false, false, false, false, true]);
    expect(service.heads.slice(0, 5).join().toLowerCase()).not.toContain(NOTHING);
  });

  test("an agent that rewrites a request for a proxy after its head was made takes the ask off", async () => {
    startAsking();
    const proxy = await forger("127.0.0.1");
    class Rewriting extends http.Agent {
      addRequest(request: http.ClientRequest & Record<string, unknown>, options: object): void {
        setImmediate(() => {
          request._header = null;
          request.path = "http://payment/x";
          (request._implicitHeader as () => void)();
          const [first] = request.outputData as { data: string }[];
          if (first !== undefined) first.data = request._header as never;
          // biome-ignore lint/suspicious/noExplicitAny: the agent of node is no part of its types
          (http.Agent.prototype as any).addRequest.call(this, request, options);
        });
      }
    }
    await httpGet({ host: "127.0.0.1", port: proxy.port, agent: new Rewriting() });
    expect(proxy.heads[0]).toMatch(/^GET http:\/\/payment\/x/);
    expect(proxy.heads[0]?.toLowerCase()).not.toContain(NOTHING);
  });

  test("a socket of this host is asked, unless the Host is another party", async () => {
    startAsking();
    const socketPath = join(tmpdir(), `asks-${process.pid}-${Math.random()}.sock`);
    const service = await forger(socketPath);
    await httpGet({ socketPath });
    await httpGet({ socketPath, host: "api.example.com" });
    await httpGet({ socketPath, headers: { host: "api.example.com" } });
    await httpGet({ socketPath, setHost: false, host: "api.example.com" });
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, false, false, false]);
  });

  test("a request that an agent makes by itself for another one carries no ask, and the other one does", async () => {
    startAsking();
    const [service, own] = [await plainService(200, "fine"), await plainService(200, "fine")];
    class Credentials extends http.Agent {
      addRequest(...args: never[]): void {
        // Made past the instrumentation, in the context of the client span.
        new http.ClientRequest({
          host: "127.0.0.1",
          port: own.port,
          path: "/credentials",
          agent: false,
        }).end();
        const { addRequest } = http.Agent.prototype as unknown as Credentials;
        addRequest.apply(this, args);
      }
    }
    const agent = new Credentials();
    for (let i = 0; i < 3; i++) await httpGet({ host: "127.0.0.1", port: service.port, agent });
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, true, true]);
    await vi.waitFor(() => expect(own.heads).toHaveLength(3));
    expect(own.heads.filter((head) => ASKS.test(head))).toEqual([]);
  });

  test("believes nobody behind a tunnel that was made by hand, and asks there no more", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const proxy = await tunnelProxy();
    const createConnection = (_: unknown, done: (error: null, socket: Socket) => void): undefined => {
      http
        .request({
          host: "127.0.0.1",
          port: proxy.port,
          method: "CONNECT",
          path: `payment:${service.port}`,
          agent: false,
        })
        .on("connect", (__, socket) => done(null, socket as Socket))
        .end();
    };
    const trees = [];
    for (let i = 0; i < 2; i++) {
      trees.push(
        await treeOfJob(parts, () =>
          httpGet({ host: "payment", createConnection: createConnection as never }),
        ),
      );
    }
    expect(trees.map(believes)).toEqual([false, false]);
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, false]);
    expect(proxy.connects.join().toLowerCase()).not.toContain(NOTHING);
    expect(troubles(parts)).toEqual({ answers_untrusted: 1 });
  });

  test.each<[string, (request: http.ClientRequest) => unknown]>([
    ["by a time limit", (request) => request.setTimeout(100, () => request.destroy())],
    ["by an error of its own", (request) => setTimeout(() => request.destroy(new Error("enough")), 100)],
    ["without a word", (request) => setTimeout(() => request.abort(), 100)],
  ])("asks a stranger who stays silent no more once the program gives up %s", async (_, giveUp) => {
    const parts = startAsking();
    const { port, heads } = await unanswering("silent", STRANGE);
    for (let i = 0; i < 2; i++) {
      await treeOfJob(parts, async () => {
        const request = http.get({ host: "wiki", port, agent: false });
        request.on("error", () => {});
        giveUp(request);
        await new Promise((resolve) => request.once("close", resolve));
      });
    }
    expect(heads.map((head) => ASKS.test(head))).toEqual([true, false]);
  });

  test("goes on to ask a service that hangs up, or that is not there for a while", async () => {
    const parts = startAsking();
    const { port, heads } = await unanswering("hangs up");
    const away = await closedPort();
    for (const one of [port, away, away, port]) {
      await treeOfJob(parts, () => httpGet({ host: "payment", port: one, agent: false }).catch(() => {}));
    }
    expect(heads.map((head) => ASKS.test(head))).toEqual([true, true]);
  });

  test.each<[string, RequestOptions]>([
    ["a connection of the program's own", {}],
    ["one that an agent makes in place of a socket", { socketPath: "/var/run/docker.sock" }],
  ])(
    "believes nobody at the end of a stream that is no socket, and asks there no more: %s",
    async (_, options) => {
      const parts = startAsking();
      const service = await forger("127.0.0.1");
      const createConnection = (): Socket => streamTo(service.port) as never;
      const agent = Object.assign(new http.Agent(), { createConnection });
      const trees = [];
      for (let i = 0; i < 2; i++) {
        trees.push(await treeOfJob(parts, () => httpGet({ host: "localhost", agent, ...options })));
      }
      expect(trees.map(believes)).toEqual([false, false]);
      expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, false]);
      expect(troubles(parts)).toEqual({ answers_untrusted: 1 });
    },
  );

  test("knows a stream that is no socket beneath TLS, too, and a Unix socket beneath TLS", async () => {
    const path = join(tmpdir(), `tls-${process.pid}-${Math.random()}.sock`);
    const server = createNetServer().listen(path);
    await once(server, "listening");
    const unix = connect(path);
    await once(unix, "connect");
    const through = new TLSSocket(new PassThrough());
    const sockets = [new TLSSocket(unix), through, new TLSSocket(through)];
    expect(sockets.map(isNoSocket)).toEqual([false, true, true]);
    for (const socket of sockets.toReversed()) socket.destroy();
    server.close();
  });

  test("does not believe a connection that no longer tells who is at its other end, and asks again", async () => {
    const parts = startAsking();
    const service = await forger("127.0.0.1");
    const believed: boolean[] = [];
    for (const isReset of [true, false]) {
      const createConnection = (): Socket => {
        const socket = connect(service.port, "127.0.0.1");
        // As after a reset.
        if (isReset) Object.defineProperty(socket, "remoteAddress", { value: undefined });
        return socket;
      };
      const tree = await treeOfJob(parts, () => httpGet({ host: "payment", createConnection }));
      believed.push(believes(tree));
    }
    expect(believed).toEqual([false, true]);
    expect(service.heads.map((head) => ASKS.test(head))).toEqual([true, true]);
    expect(troubles(parts)).toEqual({ answers_untrusted: 1 });
  });

  test.each([15_000, 15_300, 15_500, 15_700, 16_000, 16_200])(
    "a head of %i bytes is answered by a server of node",
    async (bytes) => {
      startAsking();
      const port = await listen(http.createServer((_, response) => response.end()));
      const get = (headers: Record<string, string>): Promise<{ status: number }> =>
        httpGet({ host: "127.0.0.1", port, headers, agent: false });
      expect((await get({ cookie: "x".repeat(bytes) })).status).toBe(200);
    },
  );

  test("a note that comes to nobody who knows it, stays what the program sent", async () => {
    startAsking();
    const service = await plainService(200, "fine");
    await httpGet({ host: "127.0.0.1", port: service.port, headers: { "x-error-tree": "own" } });
    // Our own ask stands in its place.
    expect(service.heads[0]).toMatch(ASKS);
  });
});

test("a server that answers before it was asked is not believed", async () => {
  const parts = startAsking();
  const server = createNetServer((socket) => {
    socket.on("error", () => {}).resume();
    socket.end('HTTP/1.1 404 Early\r\nx-error-tree: not-found;id="";s="forger"\r\nconnection: close\r\n\r\n');
  });
  const port = await listen(server);
  const tree = await treeOfJob(parts, () => httpGet({ host: "127.0.0.1", port }).catch(() => undefined));
  expect(believes(tree)).toBe(false);
});
