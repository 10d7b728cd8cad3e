// The client side of gRPC: whom it asks, whose answers it believes, and what a program sees of it.
import http from "node:http";
import http2 from "node:http2";
import { type AddressInfo, connect, createServer } from "node:net";
import type { Channel, ClientOptions, Interceptor, StatusObject } from "@grpc/grpc-js";
import { context, trace } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import fc from "fast-check";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { clientInterceptor, installGrpc } from "../../../src/transports/grpc/install.ts";
import { idOfAsk } from "../../../src/wire/header.ts";
import { bytesOfValue } from "../../../src/wire/metadata-value.ts";
import {
  type CallOptions,
  callGrpc,
  grpcJs,
  type Handlers,
  plainGrpc,
  type Seen,
  serveGrpc,
} from "../../support/grpc.ts";
import { listen } from "../../support/sdk-http.ts";
import type { RunningParts } from "../../support/sdk-parts.ts";
import { believes, STRANGE, startAsking, treeOfJob, troubles } from "../../support/strangers.ts";

const FIELD = "x-error-tree-bin";
const NOT_FOUND = { "grpc-status": "5", "grpc-message": "no%20such%20cart" };

function start(askHosts?: readonly string[]): RunningParts {
  const parts = startAsking(askHosts);
  installGrpc(grpcJs());
  return parts;
}

afterEach(() => vi.unstubAllEnvs());

/** A handler that works until its caller has left. */
const untilCancelled: NonNullable<Handlers["unary"]> = (call, callback) => {
  call.on("cancelled", () => callback({ code: 1, details: "" }));
};

/** A proxy that connects every tunnel to this host; gives its port. */
async function tunnellingProxy(): Promise<number> {
  const proxy = http.createServer().on("connect", ({ url = "" }, socket) => {
    const there = connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    for (const end of [socket, there]) end.on("error", () => {});
  });
  return await listen(proxy);
}

/** Answers every call with what a service of ours would answer to its ask. */
function answering(at?: string): ReturnType<typeof plainGrpc> {
  return plainGrpc((headers) => {
    const span = `${headers.traceparent}`.split("-")[2] ?? "0".repeat(16);
    const id = idOfAsk(headers["x-error-tree"]) ?? span;
    const answer = Buffer.from(`not-found;id="${id}";s="forger";e`).toString("base64");
    return { ...NOT_FOUND, [FIELD]: answer, "user-trailer": "kept" };
  }, at);
}

test("a service is asked with a token, and what it answers counts and is gone from the trailers", async () => {
  const parts = start();
  const service = await answering();
  let seen: Seen | undefined;
  const tree = await treeOfJob(parts, async () => {
    seen = await callGrpc(`payment:${service.port}`);
  });
  expect(service.heads[0]?.["x-error-tree"]).toMatch(/^v=1, id="[0-9a-f]{16}", .*k="k1:/);
  expect(believes(tree)).toBe(true);
  expect(seen).toMatchObject({ code: 5, details: "no such cart", trailers: { "user-trailer": "kept" } });
  expect(JSON.stringify(seen)).not.toContain("error-tree");
  expect(troubles(parts)).toEqual({});
});

describe("a channel of the program's own", () => {
  type Override = (channel: Channel) => Partial<ClientOptions>;
  test.each<[string, Override]>([
    ["for all calls of a client", (channel) => ({ channelOverride: channel })],
    ["behind an object of its own", (channel) => ({ channelFactoryOverride: () => wrapped(channel) })],
  ])("%s is watched", async (_, override) => {
    const parts = start();
    const service = await answering();
    const { Channel, credentials } = grpcJs();
    const channel = new Channel(`payment:${service.port}`, credentials.createInsecure(), {});
    let seen: Seen | undefined;
    const tree = await treeOfJob(parts, async () => {
      seen = await callGrpc("nowhere:1", { channel: override(channel) });
    });
    expect(service.heads[0]?.["x-error-tree"]).toMatch(/^v=1, id=/);
    expect(believes(tree)).toBe(true);
    expect(JSON.stringify(seen)).not.toContain("error-tree");
    expect(troubles(parts)).toEqual({});
  });
});

/** A channel that hands everything on to another one. */
function wrapped(channel: Channel): Channel {
  const wrapper: Partial<Channel> = {
    createCall: (...args) => channel.createCall(...args),
    getTarget: () => channel.getTarget(),
    getConnectivityState: (...args) => channel.getConnectivityState(...args),
    watchConnectivityState: (...args) => channel.watchConnectivityState(...args),
    close: () => channel.close(),
  };
  return wrapper as Channel;
}

test.each(["unary", "clientStream", "serverStream", "bidi"] as const)("a %s call is asked", async (kind) => {
  const parts = start();
  const service = await answering();
  const tree = await treeOfJob(parts, () => callGrpc(`127.0.0.1:${service.port}`, { kind }));
  expect(believes(tree)).toBe(true);
});

test("metadata that calls share carry no ask that the program could see, and each call its own", async () => {
  const parts = start();
  const service = await answering();
  const metadata = new (grpcJs().Metadata)();
  await treeOfJob(parts, async () => {
    const calls = [1, 2, 3].map(() => callGrpc(`127.0.0.1:${service.port}`, { metadata }));
    expect(metadata.get("x-error-tree")).toEqual([]);
    await Promise.all(calls);
  });
  expect(new Set(service.heads.map((head) => idOfAsk(head["x-error-tree"]))).size).toBe(3);
  expect(metadata.get("x-error-tree")).toEqual([]);
});

describe("no ask goes", () => {
  async function headOf(
    parts: RunningParts,
    stranger: Awaited<ReturnType<typeof plainGrpc>>,
    call: () => Promise<unknown>,
  ): Promise<void> {
    const tree = await treeOfJob(parts, call);
    expect(stranger.heads).toHaveLength(1);
    expect(JSON.stringify(stranger.heads)).not.toContain("x-error-tree");
    expect(believes(tree)).toBe(false);
  }

  test.each<[string, (port: number) => string]>([
    ["its address", (port) => `${STRANGE}:${port}`],
    ["its address among others", (port) => `ipv4:${STRANGE}:${port},127.0.0.1:${port}`],
    ["its name", (port) => `dns:api.example.com:${port}`],
  ])("to a stranger by %s", async (_, targetOf) => {
    const parts = start();
    const stranger = await answering(STRANGE);
    await headOf(parts, stranger, () => callGrpc(targetOf(stranger.port)));
  });

  test("to a service that is called by the name of a stranger", async () => {
    const parts = start();
    const service = await answering();
    const channel = { "grpc.default_authority": "api.example.com" };
    await headOf(parts, service, () => callGrpc(`127.0.0.1:${service.port}`, { channel }));
    service.heads.length = 0;
    const host = "api.example.com";
    await headOf(parts, service, () => callGrpc(`127.0.0.1:${service.port}`, { host }));
  });

  test("through a tunnel of a proxy, which could read it", async () => {
    vi.stubEnv("grpc_proxy", `http://127.0.0.1:${await tunnellingProxy()}`);
    const parts = start();
    const service = await answering();
    await headOf(parts, service, () => callGrpc(`payment:${service.port}`));
  });

  test("with suppressed tracing, as when spans are exported over gRPC", async () => {
    const parts = start();
    const service = await answering();
    await headOf(parts, service, () =>
      context.with(suppressTracing(context.active()), () => callGrpc(`127.0.0.1:${service.port}`)),
    );
  });

  test("with metadata that fill what a peer takes", async () => {
    const parts = start();
    const service = await answering();
    const metadata = new (grpcJs().Metadata)();
    metadata.set("authorization", "x".repeat(6_000));
    await headOf(parts, service, () => callGrpc(`127.0.0.1:${service.port}`, { metadata }));
  });

  test("that the program has copied from a request", async () => {
    const parts = start();
    const stranger = await answering(STRANGE);
    const metadata = new (grpcJs().Metadata)();
    metadata.set("x-error-tree", 'v=1, id="1111111111111111"');
    await headOf(parts, stranger, () => callGrpc(`${STRANGE}:${stranger.port}`, { metadata }));
  });
});

test("a name that leads to a stranger is asked no more, and the answer is not believed", async () => {
  const parts = start();
  const stranger = await answering(STRANGE);
  const target = `wiki:${stranger.port}`;
  expect(believes(await treeOfJob(parts, () => callGrpc(target)))).toBe(false);
  expect(parts.health.snapshot()).toMatchObject({ answers_untrusted: 1 });
  await treeOfJob(parts, () => callGrpc(target));
  expect(JSON.stringify(stranger.heads[1])).not.toContain("x-error-tree");
});

test.each<[string, (stream: http2.ServerHttp2Stream) => void, () => CallOptions]>([
  ["resets the call", (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), () => ({})],
  ["drops the connection", (stream) => stream.session?.destroy(), () => ({})],
  ["says nothing until the deadline", () => {}, () => ({ deadline: Date.now() + 200 })],
  ["says nothing until the program gives up", () => {}, () => ({ cancelAfterMs: 200 })],
])("a name that leads to a stranger who %s is asked no more", async (_, answer, options) => {
  const parts = start();
  const heads: (string | undefined)[] = [];
  const stranger = http2.createServer();
  stranger.on("sessionError", () => {});
  stranger.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    heads.push(headers["x-error-tree"] as string | undefined);
    answer(stream);
  });
  const target = `wiki:${await listen(stranger, STRANGE)}`;
  for (let i = 0; i < 2; i++) await treeOfJob(parts, () => callGrpc(target, options()));
  expect(heads.map((ask) => ask !== undefined)).toEqual([true, false]);
  expect(troubles(parts)).toEqual({});
});

test("a stranger that the option names is asked", async () => {
  const parts = start([".example.com"]);
  const stranger = await answering(STRANGE);
  expect(believes(await treeOfJob(parts, () => callGrpc(`api.example.com:${stranger.port}`)))).toBe(true);
});

describe("an answer", () => {
  async function answerOf(value: string | string[]): Promise<{ seen: Seen | undefined; counts: object }> {
    const parts = start();
    const service = await plainGrpc(() => ({ ...NOT_FOUND, [FIELD]: value }));
    let seen: Seen | undefined;
    const tree = await treeOfJob(parts, async () => {
      seen = await callGrpc(`127.0.0.1:${service.port}`);
    });
    expect(believes(tree)).toBe(false);
    expect(seen).toMatchObject({ code: 5, details: "no such cart" });
    expect(JSON.stringify(seen)).not.toContain("error-tree");
    return { seen, counts: troubles(parts) };
  }

  const other = Buffer.from('not-found;id="1111111111111111";s="forger"').toString("base64");

  test.each<[string, string | string[], object]>([
    ["to another ask", other, { answers_foreign: 1 }],
    ["that is repeated", [other, other], { answers_malformed: 1 }],
    ["that is empty", "", { answers_malformed: 1 }],
    ["that is no base64", "%%%", { answers_malformed: 1 }],
    ["of another version", Buffer.from([2, 1, 2, 3]).toString("base64"), { answers_malformed: 1 }],
    ["that is too long", Buffer.alloc(5_000, "x").toString("base64"), { answers_malformed: 1 }],
    ["cut short", bytesOfValue(":AQIDBAU=:;v=1").toString("base64"), { answers_malformed: 1 }],
  ])("%s is ignored, counted, and gone from the trailers", async (_, value, counts) => {
    expect((await answerOf(value)).counts).toEqual(counts);
  });

  test("of any bytes harms no call", async () => {
    const parts = start();
    let value = "";
    const service = await plainGrpc(() => ({ ...NOT_FOUND, [FIELD]: value }));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        value = Buffer.from(bytes).toString("base64");
        const tree = await treeOfJob(parts, async () => {
          expect(await callGrpc(`127.0.0.1:${service.port}`)).toMatchObject({ code: 5 });
        });
        expect(tree?.root.code).toBeDefined();
      }),
      { numRuns: 50 },
    );
    expect(parts.health.snapshot()).not.toHaveProperty("internal_errors");
  });
});

describe("a call without an answer", () => {
  async function callNode(call: () => Promise<Seen>): Promise<unknown> {
    const parts = start();
    const tree = await treeOfJob(parts, async () => {
      await call();
      trace.getActiveSpan()?.setStatus({ code: 2 });
    });
    return tree?.root.children[0];
  }

  test("is refused: the error of the system is its type", async () => {
    expect(await callNode(() => callGrpc("127.0.0.1:1"))).toMatchObject({
      operation: "shop.Cart/unary",
      code: "unavailable",
      errorType: "ECONNREFUSED",
      unanswered: true,
      peer: "127.0.0.1",
    });
  });

  /** Has grpc-js itself try a call again. */
  const RETRIES: Partial<ClientOptions> = {
    "grpc.service_config": JSON.stringify({
      methodConfig: [
        {
          name: [{ service: "shop.Cart" }],
          retryPolicy: {
            maxAttempts: 3,
            initialBackoff: "0.01s",
            maxBackoff: "0.01s",
            backoffMultiplier: 1,
            retryableStatusCodes: ["UNAVAILABLE"],
          },
        },
      ],
    }),
  };

  test("is refused at each attempt of grpc-js, which counts them in the metadata", async () => {
    const node = await callNode(() => callGrpc("127.0.0.1:1", { channel: RETRIES }));
    expect(node).toMatchObject({ code: "unavailable", errorType: "ECONNREFUSED", unanswered: true });
  });

  test("is dropped at each attempt of grpc-js", async () => {
    const server = createServer((socket) => void setTimeout(() => socket.destroy(), 20)).listen(0);
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const node = await callNode(() => callGrpc(`127.0.0.1:${port}`, { channel: RETRIES }));
    expect(node).toMatchObject({ code: "unavailable", unanswered: true });
  });

  test("is none if the last attempt of grpc-js got one", async () => {
    const { port } = await plainGrpc(() => ({ "grpc-status": "14", "grpc-message": "closed for today" }));
    const node = await callNode(() => callGrpc(`127.0.0.1:${port}`, { channel: RETRIES }));
    expect(node).toMatchObject({ code: "unavailable", message: "closed for today" });
    expect(node).not.toHaveProperty("unanswered");
  });

  test("whose deadline passes failed by that, although the callee goes on", async () => {
    const port = await serveGrpc({ unary: untilCancelled });
    const node = await callNode(() => callGrpc(`127.0.0.1:${port}`, { deadline: Date.now() + 50 }));
    expect(node).toMatchObject({ code: "deadline-exceeded", unanswered: true });
  });

  test("that the program cancelled is no failure of its own", async () => {
    const port = await serveGrpc({ unary: untilCancelled });
    const node = await callNode(() => callGrpc(`127.0.0.1:${port}`, { cancelAfterMs: 30 }));
    expect(node).toMatchObject({ code: "cancelled", unanswered: true });
  });

  test("breaks off after its head: no status came, whatever grpc-js makes of it", async () => {
    const port = await serveGrpc({
      serverStream: (call) => {
        call.write("one", () => {
          const { call: inner } = call as unknown as { call: { stream: { session: { destroy(): void } } } };
          setTimeout(() => inner.stream.session.destroy(), 30);
        });
      },
    });
    const node = await callNode(() => callGrpc(`127.0.0.1:${port}`, { kind: "serverStream" }));
    expect(node).toMatchObject({ code: "unavailable", unanswered: true, message: "Connection dropped" });
  });
});

test("a status with nothing but itself behind a head is an answer all the same", async () => {
  const parts = start();
  const port = await serveGrpc({
    serverStream: (call) => {
      call.write("one");
      call.emit("error", { code: 14, details: "closed for today" });
    },
  });
  const tree = await treeOfJob(parts, async () => {
    await callGrpc(`127.0.0.1:${port}`, { kind: "serverStream" });
    trace.getActiveSpan()?.setStatus({ code: 2 });
  });
  expect(tree?.root.children[0]).toMatchObject({ code: "unavailable", message: "closed for today" });
  expect(tree?.root.children[0]).not.toHaveProperty("unanswered");
});

test("an interceptor alone asks, behind interceptors of the program", async () => {
  const grpc = grpcJs();
  const before = Object.getOwnPropertyDescriptor(grpc.Channel.prototype, "createCall");
  const parts = startAsking();
  const service = await answering();
  const passing: import("@grpc/grpc-js").Interceptor = (options, next) =>
    new grpc.InterceptingCall(next(options), {
      start: (metadata, listener, go) => setTimeout(() => go(metadata.clone(), listener), 5),
    });
  const interceptors = [passing, clientInterceptor as never];
  const tree = await treeOfJob(parts, () =>
    callGrpc(`127.0.0.1:${service.port}`, { channel: { interceptors } }),
  );
  expect(service.heads[0]?.["x-error-tree"]).toBeDefined();
  expect(believes(tree)).toBe(true);
  expect(Object.getOwnPropertyDescriptor(grpc.Channel.prototype, "createCall")).toEqual(before);
});

/** Makes a call again until it went well or there are no attempts left, as the guide to interceptors of gRPC does it. */
function retrying(attempts: number): Interceptor {
  const grpc = grpcJs();
  return (options, nextCall) => {
    let sent: unknown;
    let left = attempts - 1;
    return new grpc.InterceptingCall(nextCall(options), {
      start(metadata, listener, go) {
        let received: unknown;
        const again = (): void => {
          const call = nextCall(options);
          call.start(metadata, {
            onReceiveMessage: (message) => {
              received = message;
            },
            onReceiveStatus: over,
          });
          call.sendMessage(sent);
          call.halfClose();
        };
        const over = (status: StatusObject): void => {
          if (status.code !== 0 && left-- > 0) again();
          else {
            listener.onReceiveMessage(received);
            listener.onReceiveStatus(status);
          }
        };
        go(metadata, {
          onReceiveMetadata: (head, next) => next(head),
          onReceiveMessage: (message: unknown) => {
            received = message;
          },
          onReceiveStatus: over,
        });
      },
      sendMessage(message, next) {
        sent = message;
        next(message);
      },
    });
  };
}

/** Our interceptor outside and inside of that of the program, and both ways at once. */
const PLACES = ["installed", "inside", "outside", "installed and inside", "installed and outside"] as const;

describe.each(PLACES)("a call that the program makes again, watched %s", (how) => {
  test.each([
    ["a failure and a success", [14, 0], []],
    ["two failures", [14, 5], [{ code: "not-found", message: "attempt 2", service: "shop" }]],
    ["a deadline of its own and a success", [4, 0], []],
  ] as const)("is told as its last attempt after %s", async (_, codes, children) => {
    const parts = startAsking();
    if (how.startsWith("installed")) installGrpc(grpcJs());
    let attempts = 0;
    const port = await serveGrpc({
      unary: (_call, callback) => {
        const code: number | undefined = codes[attempts++];
        if (code === 0) callback(null, "well");
        else callback({ code: code ?? 13, details: `attempt ${attempts}` });
      },
    });
    const ours = clientInterceptor as never;
    const inside = how.endsWith("inside") ? [ours] : [];
    const interceptors = [...(how.endsWith("outside") ? [ours] : []), retrying(2), ...inside];
    const tree = await treeOfJob(parts, async () => {
      const seen = await callGrpc(`127.0.0.1:${port}`, { channel: { interceptors } });
      expect(seen.code).toBe(codes[1]);
      trace.getActiveSpan()?.setStatus({ code: 2 });
    });
    expect(attempts).toBe(2);
    expect(tree?.root.children).toMatchObject(children);
    expect(tree?.root.children).toHaveLength(children.length);
    expect(troubles(parts)).toEqual({});
  });

  test("is told as its last attempt after a stream that was reset", async () => {
    const parts = startAsking();
    if (how.startsWith("installed")) installGrpc(grpcJs());
    let attempts = 0;
    const server = http2.createServer().on("stream", (stream) => {
      stream.on("error", () => {});
      if (attempts++ === 0) stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      else {
        const head = { ":status": 200, "content-type": "application/grpc" };
        stream.respond({ ...head, ...NOT_FOUND }, { endStream: true });
      }
    });
    onTestFinished(() => void server.close());
    const port = await listen(server as never);
    const ours = clientInterceptor as never;
    const inside = how.endsWith("inside") ? [ours] : [];
    const interceptors = [...(how.endsWith("outside") ? [ours] : []), retrying(2), ...inside];
    const tree = await treeOfJob(parts, () => callGrpc(`127.0.0.1:${port}`, { channel: { interceptors } }));
    expect(attempts).toBe(2);
    expect(tree?.root.children).toMatchObject([{ code: "not-found", message: "no such cart" }]);
  });
});
