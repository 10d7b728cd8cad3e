// The client sides behind a body, on real sockets: which answers are believed there, and that a response stays whole.
import http, { type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { idOfAsk } from "../../src/wire/header.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";
import { breaking } from "../support/sdk.ts";
import { listen } from "../support/sdk-http.ts";
import { startParts } from "../support/sdk-parts.ts";
import { treeOfJob } from "../support/strangers.ts";

async function text(stream: IncomingMessage): Promise<string> {
  let out = "";
  for await (const chunk of stream) out += chunk;
  return out;
}

type Call = (url: string) => Promise<[number, string]>;

const CALLS: Record<string, Call> = {
  "node:http": (url) =>
    new Promise((resolve, reject) => {
      const request = http.get(url, (answer) => {
        text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject);
      });
      request.on("error", reject);
    }),
  fetch: async (url) => {
    const answer = await fetch(url);
    return [answer.status, await answer.text()];
  },
};

interface Said {
  readonly head?: readonly string[];
  readonly trailers?: readonly string[];
  /** The body breaks off before its end. */
  readonly broken?: boolean;
}

/** A service that nothing instruments, and that answers in chunks with lines behind them. */
async function service(said: (id: string) => Said): Promise<string> {
  const port = await listen(
    createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", (head) => {
        const id = idOfAsk(/^x-error-tree: (.*)$/im.exec(head.toString("latin1"))?.[1]?.trim()) ?? "none";
        const { head: fields = [], trailers = [], broken } = said(id);
        const lines = ["transfer-encoding: chunked", "connection: close", ...fields];
        socket.write(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\n5\r\nwhole\r\n`);
        const behind = trailers.map((line) => `${line}\r\n`).join("");
        socket.end(broken ? "" : `5\r\n body\r\n0\r\n${behind}\r\n`);
      });
    }),
  );
  return `http://127.0.0.1:${port}/`;
}

/** A line with what a failing stock answers. */
function answerTo(id: string, code: "internal" | "ok" = "internal", name = "x-error-tree"): string {
  const root = node("stock", { operation: "GET /stock", code, message: "sold out" });
  const outcome: Answer =
    code === "ok" ? { service: "stock", code, exported: false } : answerOf(root, { exported: true });
  const room = { treeBytes: 2048, minimalBytes: 64 };
  return `${name}: ${createAnswerCodec().encode(outcome, { id, json: false }, room)?.value}`;
}

const SOLD_OUT = [{ service: "stock", operation: "GET /stock", code: "internal", message: "sold out" }];

describe.each(Object.entries(CALLS))("a call by %s", (_, call) => {
  async function called(
    said: (id: string) => Said,
  ): Promise<{ tree: ErrorTree | undefined; counts: object }> {
    const parts = startParts();
    const url = await service(said);
    let got: unknown;
    const tree = await treeOfJob(parts, async () => {
      got = await call(url);
    });
    expect(got).toEqual([200, "whole body"]);
    return { tree, counts: parts.health.snapshot() };
  }

  test.each([
    ["that said it was well", (id: string) => [answerTo(id, "ok")]],
    ["without an answer", () => []],
  ])("hangs an answer behind the body beneath the caller, after a head %s", async (_, head) => {
    const { tree, counts } = await called((id) => ({ head: head(id), trailers: [answerTo(id)] }));
    expect(tree?.root).toMatchObject({ code: "ok", children: SOLD_OUT });
    expect(counts).toEqual({});
  });

  test("reads it in any case and beside others, and leaves them to the program", async () => {
    const { tree, counts } = await called((id) => ({
      trailers: ["X-Sum: 4", answerTo(id, "internal", "X-Error-Tree"), "x-other: 1"],
    }));
    expect(tree?.root.children).toMatchObject(SOLD_OUT);
    expect(counts).toEqual({});
  });

  test.each<[string, (id: string) => string[], object]>([
    ["to another ask", () => [answerTo("00f067aa0ba902b7")], { answers_foreign: 1 }],
    ["that repeats no id", () => ["x-error-tree: internal"], { answers_foreign: 1 }],
    ["that is none", () => ["x-error-tree: an error occurred"], { answers_malformed: 1 }],
    ["that is empty", () => ["x-error-tree:"], { answers_malformed: 1 }],
    ["that came twice", (id) => [answerTo(id), answerTo(id)], { answers_malformed: 1 }],
    [
      "longer than any of ours",
      () => [`x-error-tree: {"service":"${"x".repeat(8000)}"}`],
      { answers_malformed: 1 },
    ],
  ])("drops one %s, counted, and what the head told stays", async (_, trailers, counted) => {
    const { tree, counts } = await called((id) => ({ head: [answerTo(id, "ok")], trailers: trailers(id) }));
    expect(tree).toBeUndefined();
    expect(counts).toEqual(counted);
  });

  test("that nobody asked reads nothing", async () => {
    const parts = startParts({ hosts: { has: () => false, hasAuthority: () => false } as never });
    const url = await service(() => ({ trailers: ["x-error-tree: internal"] }));
    expect(await treeOfJob(parts, () => call(url))).toBeUndefined();
    expect(parts.health.snapshot()).toEqual({});
  });

  test("whose body breaks off is a failed call, as it was", async () => {
    const parts = startParts();
    const url = await service((id) => ({ head: [answerTo(id, "ok")], broken: true }));
    const tree = await treeOfJob(parts, () => call(url).catch(() => undefined));
    expect(tree?.root.children).toMatchObject([{ service: "shop", operation: "GET" }]);
    expect(parts.health.snapshot()).toEqual({});
  });

  test.each(["decode", "amended"])("is whole if %s throws, which is counted", async (name) => {
    const parts = startParts(
      name === "decode"
        ? { codec: breaking(createAnswerCodec(), "decode") }
        : { codec: createAnswerCodec(), calls: (calls) => breaking(calls, "amended") },
    );
    const url = await service((id) => ({ trailers: [answerTo(id)] }));
    let got: unknown;
    await treeOfJob(parts, async () => {
      got = await call(url);
    });
    expect(got).toEqual([200, "whole body"]);
    // On the way of node:http nothing stands between the pipeline and itself.
    const breaks = name === "decode" || call === CALLS.fetch;
    expect(parts.health.snapshot()).toEqual(breaks ? { internal_errors: 1 } : {});
    expect(parts.pipeline.size).toBe(0);
  });
});

test("a body that the program never reads adds nothing to the tree, and does no harm", async () => {
  const parts = startParts();
  const url = await service((id) => ({ trailers: [answerTo(id)] }));
  const tree = await treeOfJob(parts, () => new Promise((resolve) => http.get(url, resolve)));
  expect(tree).toBeUndefined();
  expect(parts.health.snapshot()).toEqual({});
});

test("a call by node:http that is alone in its process is exported with what came behind its body", async () => {
  const parts = startParts();
  const url = await service((id) => ({ trailers: [answerTo(id)] }));
  await CALLS["node:http"]?.(url);
  await parts.processor.forceFlush();
  expect(parts.exporter.spans).toMatchObject([
    {
      kind: SpanKind.CLIENT,
      attributes: { "error_tree.verdict": "handled", "error_tree.root_cause.service": "stock" },
    },
  ]);
});
