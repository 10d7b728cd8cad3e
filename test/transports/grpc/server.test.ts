// The server side of gRPC: what a handler, its trailers and the way in which a call ends make of the tree.
import { setTimeout as delay } from "node:timers/promises";
import type { Metadata, ServerInterceptor, sendUnaryData } from "@grpc/grpc-js";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { AlwaysOnSampler } from "@opentelemetry/sdk-trace";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { failRequest } from "../../../src/program/active.ts";
import { installGrpc, serverInterceptor } from "../../../src/transports/grpc/install.ts";
import { KeyRing } from "../../../src/trust/key-ring.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import type { Answer } from "../../../src/wire/messages.ts";
import { charsOfTree, METADATA_BYTES, valueOfBytes } from "../../../src/wire/metadata-value.ts";
import { callGrpc, grpcJs, rawCall, serveGrpc, type UnaryHandler } from "../../support/grpc.ts";
import { type Replacements, type RunningParts, startParts } from "../../support/sdk-parts.ts";
import { trusting } from "../../support/trust.ts";

const ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ID}", from="test"`, traceparent: `00-${"a".repeat(32)}-${ID}-00` };
const FIELD = "x-error-tree-bin";
const codec = createAnswerCodec({ valueBytes: charsOfTree(METADATA_BYTES) });

let parts: RunningParts;

function start(replaced: Replacements = {}): void {
  parts = startParts(replaced);
  installGrpc(grpcJs());
}

/** What is answered to an ask, from the fields that came back. */
function answerIn(got: Record<string, unknown>): Answer | undefined {
  const field = got[FIELD];
  if (typeof field !== "string") return undefined;
  const value = valueOfBytes(Buffer.from(field, "base64"));
  const read = value === undefined ? undefined : codec.decode(value, ID, "?");
  if (typeof read === "string") throw new Error(`the answer is ${read}`);
  return read;
}

function failedStep(name: string, message: string): void {
  trace.getTracer("test").startSpan(name).setStatus({ code: SpanStatusCode.ERROR, message }).end();
}

const WORDS =
  "red blue fast slow cart pay stock price item bad good late full empty first last open shut high low".split(
    " ",
  );

/** Words that nobody takes for a secret, in an order of their own. */
function wordsOf(seed: number): string {
  const picked = Array.from(
    { length: 9 },
    (_, i) => WORDS[((seed + 3) * (seed + 7 * i) * (i + 5)) % WORDS.length],
  );
  return picked.join(" ");
}

function rootSpan(): unknown {
  return parts.exporter.spans.find(({ kind }) => kind === 1);
}

describe("a status", () => {
  beforeEach(() => start());

  test("with a code and details is the node's code and message", async () => {
    const port = await serveGrpc({ unary: (_, callback) => callback({ code: 5, details: "no such cart" }) });
    const got = await rawCall(port, ASK);
    expect(got["grpc-status"]).toBe("5");
    expect(answerIn(got)?.tree?.root).toMatchObject({
      operation: "shop.Cart/unary",
      code: "not-found",
      message: "no such cart",
    });
  });

  test("of a plain error is unknown, and the error's type and frames stand on the node", async () => {
    const port = await serveGrpc({ unary: (_, callback) => callback(new RangeError("too many")) });
    const { root } = answerIn(await rawCall(port, ASK))?.tree ?? {};
    expect(root).toMatchObject({ code: "unknown", errorType: "RangeError", message: "too many" });
    expect(root?.frames?.[0]).toContain("server.test.ts");
  });

  test("that an interceptor of the program changes counts as it was sent", async () => {
    const grpc = grpcJs();
    const port = await serveGrpc(
      { unary: (_, callback) => callback({ code: 5, details: "no such cart" }) },
      {
        interceptors: [
          (_, call) =>
            new grpc.ServerInterceptingCall(call, {
              sendStatus: (status, next) => next({ ...status, code: 14, details: "try again" }),
            }),
        ],
      },
    );
    const got = await rawCall(port, ASK);
    expect(got["grpc-status"]).toBe("14");
    expect(answerIn(got)?.tree?.root.code).toBe("unavailable");
  });

  test("that gRPC does not know counts as unknown", async () => {
    const port = await serveGrpc({ unary: (_, callback) => callback({ code: 99 as never, details: "odd" }) });
    expect(answerIn(await rawCall(port, ASK))?.tree?.root.code).toBe("unknown");
  });

  test("OK above a failed step is handled, and says who answered", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        failedStep("cache", "is cold");
        callback(null, "well");
      },
    });
    const got = await rawCall(port, ASK);
    expect(got["grpc-status"]).toBe("0");
    expect(answerIn(got)).toMatchObject({
      code: "ok",
      tree: { root: { code: "ok", children: [{ message: "is cold" }] } },
    });
  });

  test("OK with nothing failed says who answered, and no more", async () => {
    const port = await serveGrpc({ unary: (_, callback) => callback(null, "well") });
    const got = await rawCall(port, ASK);
    expect(Buffer.from(`${got[FIELD]}`, "base64").toString()).toBe(`ok;id="${ID}";s="shop"`);
  });

  test.each(["clientStream", "serverStream", "bidi"] as const)("of a %s call is told", async (kind) => {
    const port = await serveGrpc({
      clientStream: (call, callback) => {
        (call as unknown as NodeJS.ReadableStream)
          .on("end", () => callback({ code: 9, details: "sold out" }))
          .resume();
      },
      serverStream: (call) => call.emit("error", { code: 9, details: "sold out" }),
      bidi: (call) => call.once("data", () => call.emit("error", { code: 9, details: "sold out" })),
    });
    const got = await rawCall(port, ASK, kind);
    expect(got["grpc-status"]).toBe("9");
    expect(answerIn(got)?.tree?.root).toMatchObject({ code: "failed-precondition", message: "sold out" });
  });

  test("after messages of a stream is told in the trailers behind them", async () => {
    const port = await serveGrpc({
      serverStream: (call) => {
        call.write("one");
        call.emit("error", { code: 8, details: "enough" });
      },
    });
    expect(answerIn(await rawCall(port, ASK, "serverStream"))?.code).toBe("resource-exhausted");
  });

  test("that a request with failRequest sent as OK stays OK for its caller, and the tree says what failed", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        failRequest(new Error("half of it"), "data-loss");
        callback(null, "half");
      },
    });
    const got = await rawCall(port, ASK);
    expect(got["grpc-status"]).toBe("0");
    expect(answerIn(got)?.tree?.root).toMatchObject({ code: "data-loss", message: "half of it" });
  });
});

describe("trailers of the program", () => {
  beforeEach(() => start());

  test("arrive on OK, although the instrumentation loses them", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        const trailers = new (grpcJs().Metadata)();
        trailers.set("cost", "3");
        callback(null, "well", trailers);
      },
    });
    const got = await rawCall(port, ASK);
    expect(got).toMatchObject({ "grpc-status": "0", cost: "3" });
    expect(answerIn(got)?.code).toBe("ok");
    // Nobody has asked.
    const seen = await callGrpc(`127.0.0.1:${port}`);
    expect(seen).toMatchObject({ code: 0, messages: ["well"], trailers: { cost: "3" } });
  });

  test("win over those of the error, as without the instrumentation", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        const [own, given] = [new (grpcJs().Metadata)(), new (grpcJs().Metadata)()];
        own.set("from", "the error");
        given.set("from", "the callback");
        callback({ code: 5, details: "", metadata: own }, null, given);
      },
    });
    expect(await rawCall(port, ASK)).toMatchObject({ "grpc-status": "5", from: "the callback" });
  });

  /** What an interceptor of a program may do to trailers, and what is left of `x-own` and `x-internal`. */
  const CHANGES: Record<string, [(metadata: Metadata | null) => Metadata | null, Record<string, string>]> = {
    "sets and removes": [
      (metadata) => {
        metadata?.set("x-audit", "seen");
        metadata?.remove("x-internal");
        return metadata;
      },
      { "x-own": "1", "x-audit": "seen" },
    ],
    "replaces with an own copy": [
      (metadata) => {
        const copy = metadata?.clone() ?? null;
        copy?.set("x-own", "2");
        copy?.remove("x-internal");
        return copy;
      },
      { "x-own": "2" },
    ],
    "empties in place": [
      (metadata) => {
        for (const name of Object.keys(metadata?.getMap() ?? {})) metadata?.remove(name);
        return metadata;
      },
      {},
    ],
    "replaces with empty ones": [() => new (grpcJs().Metadata)(), {}],
    "drops altogether": [() => null, {}],
  };
  const ANSWERS: Record<string, (callback: sendUnaryData<string>, trailers: Metadata) => void> = {
    OK: (callback, trailers) => callback(null, "well", trailers),
    "an error": (callback, trailers) => callback({ code: 9, details: "sold out" }, null, trailers),
    "an error with metadata of its own": (callback, trailers) =>
      callback({ code: 9, details: "sold out", metadata: new (grpcJs().Metadata)() }, null, trailers),
  };
  const CASES = Object.keys(CHANGES).flatMap((change) =>
    Object.keys(ANSWERS).flatMap((answer) =>
      (["alone", "before ours", "after ours"] as const).map((place) => ({ change, answer, place })),
    ),
  );

  test.each(CASES)(
    "that an interceptor $change, $place, of $answer, are sent as it left them",
    async (given) => {
      const grpc = grpcJs();
      const [change, left] = CHANGES[given.change] as (typeof CHANGES)[string];
      const seen: unknown[] = [];
      const users: ServerInterceptor = (_, call) =>
        new grpc.ServerInterceptingCall(call, {
          sendStatus: (status, next) => {
            const { [FIELD]: _, ...trailers } = status.metadata?.getMap() ?? {};
            seen.push(trailers);
            next({ ...status, metadata: change(status.metadata ?? null) });
          },
        });
      const ours = serverInterceptor as unknown as ServerInterceptor;
      const interceptors = { alone: [users], "before ours": [users, ours], "after ours": [ours, users] };
      const answers: UnaryHandler = (_, callback) => {
        const trailers = new grpc.Metadata();
        trailers.set("x-own", "1");
        trailers.set("x-internal", "secret");
        ANSWERS[given.answer]?.(callback, trailers);
      };
      const port = await serveGrpc(
        {
          unary: answers,
          clientStream: (call, callback) => {
            const messages = call as unknown as NodeJS.ReadableStream;
            messages.on("end", () => answers(call, callback)).resume();
          },
        },
        { interceptors: interceptors[given.place] },
      );
      for (const kind of ["unary", "clientStream"] as const) {
        for (const fields of [ASK, {}]) {
          const got = await rawCall(port, fields, kind);
          const own = Object.entries(got).filter(([name]) => name.startsWith("x-") && name !== FIELD);
          expect(Object.fromEntries(own)).toEqual(left);
          expect(got["grpc-status"]).toBe(given.answer === "OK" ? "0" : "9");
          // What is put in before the interceptor, it may take out too.
          if (given.place === "before ours") continue;
          const code = given.answer === "OK" ? "ok" : "failed-precondition";
          expect(answerIn(got)?.code).toBe(fields === ASK ? code : undefined);
        }
      }
      expect(seen).toEqual(Array(4).fill({ "x-own": "1", "x-internal": "secret" }));
    },
  );

  test("arrive also where an interceptor has replaced the metadata of the call", async () => {
    const grpc = grpcJs();
    const copies: ServerInterceptor = (_, call) =>
      new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({ onReceiveMetadata: (metadata, nextMetadata) => nextMetadata(metadata.clone()) }),
      });
    const port = await serveGrpc(
      {
        unary: (_, callback) => {
          const trailers = new grpc.Metadata();
          trailers.set("x-own", "1");
          callback(null, "well", trailers);
        },
      },
      { interceptors: [copies] },
    );
    expect(await rawCall(port, ASK)).toMatchObject({ "grpc-status": "0", "x-own": "1" });
  });

  test("with rich details are untouched, and the program's own object stays as it is", async () => {
    const details = Buffer.from([8, 5, 18, 4, 0xff, 0, 1, 2]);
    const grpc = grpcJs();
    const shared = new grpc.Metadata();
    shared.set("grpc-status-details-bin", details);
    const port = await serveGrpc({
      unary: (_, callback) => callback({ code: 5, details: "no such cart", metadata: shared }),
    });
    const got = await rawCall(port, ASK);
    expect(got["grpc-status-details-bin"]).toBe(details.toString("base64"));
    expect(answerIn(got)?.code).toBe("not-found");
    expect(Object.keys(shared.getMap())).toEqual(["grpc-status-details-bin"]);
  });

  test.each([
    [0, 1_500, 4_096],
    [3_000, 1_500, 3_200],
    [5_500, 900, 1_400],
    [7_000, 100, 249],
    [7_600, 10, 64],
  ])("of %i bytes leave the answer what is left of the block", async (bytes, least, most) => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        for (let i = 0; i < 400; i++) failedStep(`step ${i}`, wordsOf(i));
        const trailers = new (grpcJs().Metadata)();
        trailers.set("big", "x".repeat(bytes));
        callback({ code: 13, details: "all of it", metadata: trailers });
      },
    });
    const got = await rawCall(port, ASK);
    expect(`${got.big}`).toHaveLength(bytes);
    const length = Buffer.from(`${got[FIELD] ?? ""}`, "base64").length;
    expect(length).toBeGreaterThanOrEqual(least);
    expect(length).toBeLessThanOrEqual(most);
    expect(answerIn(got)?.code).toBe("internal");
    expect(blockOf(got)).toBeLessThanOrEqual(8_192);
  });

  test("that fill the block leave no answer", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        const trailers = new (grpcJs().Metadata)();
        trailers.set("big", "x".repeat(7_900));
        callback({ code: 13, details: "", metadata: trailers });
      },
    });
    const got = await rawCall(port, ASK);
    expect(got).toMatchObject({ "grpc-status": "13" });
    expect(got[FIELD]).toBeUndefined();
    expect(parts.health.snapshot()).toMatchObject({ answers_unwritten: 1 });
  });

  test("that it copied from a callee do not carry the callee's answer", async () => {
    const port = await serveGrpc({
      unary: (_, callback) => {
        const trailers = new (grpcJs().Metadata)();
        trailers.set(FIELD, Buffer.from('not-found;id="1111111111111111";s="callee"'));
        callback({ code: 5, details: "", metadata: trailers });
      },
    });
    expect(answerIn(await rawCall(port, ASK))?.service).toBe("shop");
    expect((await rawCall(port, {}))[FIELD]).toBeUndefined();
  });
});

describe("a call that ends otherwise", () => {
  beforeEach(() => start());

  test("the handler throws: what it threw is told, and its span ends", async () => {
    const port = await serveGrpc({
      unary: () => {
        throw new TypeError("boom");
      },
    });
    const got = await rawCall(port, ASK);
    expect(got["grpc-status"]).toBe("2");
    expect(answerIn(got)?.tree?.root).toMatchObject({
      code: "unknown",
      errorType: "TypeError",
      message: "boom",
    });
    await vi.waitFor(() => expect(parts.pipeline.size).toBe(0));
    await parts.sdk.shutdown();
    expect(rootSpan()).toMatchObject({ attributes: { "error_tree.verdict": "failed" } });
  });

  test("its caller leaves: it was cancelled, and waits for the handler's end", async () => {
    let answer = (): void => {};
    const port = await serveGrpc({
      unary: (_, callback) => {
        answer = () => {
          failedStep("late", "for nobody");
          callback(null, "too late");
        };
      },
    });
    expect(await callGrpc(`127.0.0.1:${port}`, { cancelAfterMs: 30 })).toMatchObject({ code: 1 });
    await delay(50);
    expect(parts.pipeline.size).toBeGreaterThan(0);
    answer();
    await vi.waitFor(() => expect(parts.pipeline.size).toBe(0));
  });

  test("its caller leaves a stream: the span ends, although nothing else ends it", async () => {
    const port = await serveGrpc({ serverStream: (call) => call.write("one") });
    expect(
      await callGrpc(`127.0.0.1:${port}`, { kind: "serverStream", cancelsOnMessage: true }),
    ).toMatchObject({
      code: 1,
      messages: ["one"],
    });
    await vi.waitFor(() => expect(parts.pipeline.size).toBe(0));
  });

  test("the deadline passes in the handler: the status that grpc-js sends counts, also for its own tree", async () => {
    let end = (): void => {};
    const port = await serveGrpc({
      unary: (_, callback) => {
        end = () => callback(null, "too late");
      },
    });
    // A caller that does not leave by itself.
    const got = await rawCall(port, { ...ASK, "grpc-timeout": "40m" });
    expect(got["grpc-status"]).toBe("4");
    expect(answerIn(got)?.tree?.root.code).toBe("deadline-exceeded");
    end();
    expect(parts.pipeline.size).toBe(0);
  });

  test("a message that cannot be read: nothing of ours stands in the way of the status", async () => {
    const port = await serveGrpc({ unary: (_, callback) => callback(null, "well") });
    const got = await rawCall(port, { ...ASK, "grpc-encoding": "nonsense" });
    expect(got["grpc-status"]).toBeDefined();
    expect(parts.health.snapshot()).toEqual({});
  });
});

describe("an ask", () => {
  beforeEach(() => start());

  async function callWith(fields: Record<string, string | string[]>): Promise<Record<string, unknown>> {
    let seen = "";
    const port = await serveGrpc({
      unary: (call, callback) => {
        seen = JSON.stringify(call.metadata.toJSON());
        callback({ code: 5, details: "" });
      },
    });
    const got = await rawCall(port, { traceparent: ASK.traceparent, ...fields });
    expect(got["grpc-status"]).toBe("5");
    expect(seen).not.toContain("error-tree");
    return got;
  }

  test("is not seen by the program, and answered", async () => {
    expect(answerIn(await callWith(ASK))?.code).toBe("not-found");
  });

  test.each<[string, Record<string, string | string[]>]>([
    ["no text of ours", { "x-error-tree": "give me all" }],
    ["too long", { "x-error-tree": `v=1, id="${ID}", from="${"x".repeat(600)}"` }],
    ["without an id", { "x-error-tree": "v=1" }],
    ["binary", { [FIELD]: Buffer.from(ASK["x-error-tree"]).toString("base64") }],
    ["no bytes at all", { [FIELD]: "%%%" }],
  ])("that is %s is ignored and counted", async (_, fields) => {
    expect((await callWith(fields))[FIELD]).toBeUndefined();
    expect(parts.health.snapshot()).toEqual({ asks_malformed: 1 });
  });

  test("that is repeated is one dictionary, of which the last member counts", async () => {
    const other = 'v=1, id="1111111111111111"';
    expect(answerIn(await callWith({ "x-error-tree": [other, ASK["x-error-tree"]] }))?.code).toBe(
      "not-found",
    );
  });

  test.each<[string, Record<string, string>]>([
    ["through a proxy", { "x-forwarded-for": "198.51.100.7" }],
    ["from a browser", { origin: "https://example.com" }],
    ["for another host", { ":authority": "api.example.com" }],
  ])("that came %s is refused", async (_, fields) => {
    expect((await callWith({ ...ASK, ...fields }))[FIELD]).toBeUndefined();
    expect(parts.health.snapshot()).toEqual({ asks_refused: 1 });
  });
});

test("an ask with the shared secret counts through a proxy, too", async () => {
  const keys = new KeyRing([{ keyId: "k1", secret: "0123456789abcdef0123456789abcdef" }], Date);
  start({ trust: trusting(undefined, [], keys) });
  const port = await serveGrpc({ unary: (_, callback) => callback({ code: 5, details: "" }) });
  const ask = `${ASK["x-error-tree"]}, k="${keys.signed()}"`;
  const got = await rawCall(port, { ...ASK, "x-error-tree": ask, via: "2 envoy" });
  expect(answerIn(got)?.code).toBe("not-found");
  expect((await rawCall(port, ASK))[FIELD]).toBeUndefined();
});

test("a head-sampled call has its tree on its span, although that ends before the status is sent", async () => {
  start({ sampler: new AlwaysOnSampler() });
  const ended: object[] = [];
  const port = await serveGrpc({
    unary: (_, callback) => {
      const span = trace.getActiveSpan();
      callback({ code: 13, details: "broken" });
      ended.push((span as unknown as { attributes: object }).attributes);
    },
  });
  await rawCall(port, { ...ASK, traceparent: ASK.traceparent.replace(/00$/, "01") });
  expect(ended[0]).toMatchObject({
    "error_tree.verdict": "failed",
    "error_tree.root_cause.code": "internal",
  });
});

/** Bytes of a block as HTTP/2 counts them. */
function blockOf(got: Record<string, unknown>): number {
  return Object.entries(got)
    .filter(([name]) => typeof name === "string")
    .reduce((sum, [name, value]) => sum + name.length + `${value}`.length + 32, 0);
}
