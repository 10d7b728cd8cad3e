// Streaming services in a row: what fails after the heads are written reaches the entry behind the bodies, and is exported as late.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { readErrorTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReceivedSpan, type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import {
  attributesOf,
  countsOf,
  exportedSpans,
  JSON_ASK,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";

const HEADER = "x-error-tree";
const CALLER_ASK = 'v=1, id="00f067aa0ba902b7", from="checkout"';
const PROGRAMS = {
  plain: new URL("./programs/plain.ts", import.meta.url),
  express: new URL("./programs/express.ts", import.meta.url),
  fastify: new URL("./programs/fastify.ts", import.meta.url),
};
/** Every failing request is exported, however many of a kind there are. */
const ENV = { PARTS: "by-hand", OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };
type Program = keyof typeof PROGRAMS;
const NAMES = Object.keys(PROGRAMS) as Program[];

let receiver: Receiver;
const services = new Map<Program, Service>();

beforeAll(async () => {
  receiver = await startReceiver();
  await Promise.all(
    NAMES.map(async (name) => {
      services.set(name, await startService(PROGRAMS[name], { name, receiver, env: ENV }));
    }),
  );
});

afterAll(async () => {
  const all = [...services.values()];
  expect(await Promise.all(all.map((service) => service.stop()))).toEqual(all.map(() => ""));
  await receiver.close();
});

function service(name: Program): Service {
  return services.get(name) as Service;
}

/** Where a service sends a body, and what it calls meanwhile. */
function urlOf(name: Program, path: string, query: Record<string, string> = {}): string {
  return `${service(name).url}${path}?${new URLSearchParams(query)}`;
}

interface Streamed {
  readonly body: string;
  readonly complete: boolean;
  readonly head: string | undefined;
  /** Values of our name behind the body. */
  readonly trailers: readonly string[];
  readonly traceId: string;
}

async function streamed(name: Program, url: string, ask: string | "nothing" = JSON_ASK): Promise<Streamed> {
  // What a service told while nobody listened comes first: traces of requests that it got as a callee.
  await countsOf(service(name));
  const traceId = service(name).told("traceId") as Promise<string>;
  const headers = ask === "nothing" ? {} : { [HEADER]: ask };
  const [response] = (await once(http.get(url, { agent: false, headers }), "response")) as [IncomingMessage];
  const body = await text(response).catch(() => "broken");
  expect(response.headers.trailer).toBeUndefined();
  const { rawTrailers } = response;
  const head = response.headers[HEADER];
  return {
    body,
    complete: response.complete,
    head: typeof head === "string" ? head : undefined,
    trailers: rawTrailers.filter((_, i) => i % 2 === 1 && rawTrailers[i - 1] === HEADER),
    traceId: await traceId,
  };
}

/** How many requests a service has exported so far. */
async function exportedBy(name: Program): Promise<number> {
  return (await countsOf(service(name))).fragments_exported ?? 0;
}

function sketchIn({ trailers }: Streamed): Sketch | undefined {
  return sketchOf({ tree: readErrorTree(trailers[0] ?? "") });
}

function codeIn(head: string | undefined): string {
  return (JSON.parse(head ?? "null") as { code: string }).code;
}

/** The exported spans of one request at one service. */
function rootOf(spans: readonly ReceivedSpan[], name: Program): Record<string, unknown> {
  const verdicts = spans.filter((span) => span.service === name).map(attributesOf);
  return verdicts.find((attributes) => "error_tree.verdict" in attributes) ?? {};
}

const SOLD_OUT: Sketch = { code: "internal", errorType: "SoldOut", message: "sold out" };
const WAYS = ["/written", "/ended-with-data", "/generated"];

describe.each(NAMES)("a service on %s", (name) => {
  test.each(WAYS)(
    "%s: what fails behind the head is told behind the body, and exported as late",
    async (way) => {
      const answer = await streamed(name, urlOf(name, way, { fail: "request" }));
      expect([answer.body, answer.complete, codeIn(answer.head)]).toEqual(["first last ", true, "ok"]);
      expect(answer.trailers).toHaveLength(1);
      expect(sketchIn(answer)).toMatchObject({ service: name, ...SOLD_OUT });
      expect(readErrorTree(answer.trailers[0] as string)?.root.exported).toBe(true);
      const spans = await exportedSpans(receiver, answer.traceId, [name]);
      expect(rootOf(spans, name)).toMatchObject({
        "error_tree.verdict": "failed",
        "error_tree.late": true,
        "error_tree.root_cause.code": "internal",
      });
    },
  );

  test.each(WAYS)(
    "%s: a failure beneath that was coped with is in the tree, and not exported",
    async (way) => {
      const before = await exportedBy(name);
      const answer = await streamed(name, urlOf(name, way, { fail: "database" }));
      expect(answer.body).toBe("first last ");
      expect(sketchIn(answer)).toMatchObject({
        service: name,
        code: "ok",
        children: [{ code: "deadline-exceeded", peer: "postgresql", message: "canceling statement" }],
      });
      expect(await exportedBy(name)).toBe(before);
    },
  );

  test.each(WAYS)(
    "%s: a service that asks gets its own id back, and nobody else gets anything",
    async (way) => {
      const url = urlOf(name, way, { fail: "request" });
      const asked = await streamed(name, url, CALLER_ASK);
      expect(asked.head).toBe(`ok;id="00f067aa0ba902b7";s="${name}"`);
      expect(readErrorTree(asked.trailers[0] as string)?.parentSpanId).toBe("00f067aa0ba902b7");
      const stranger = await streamed(name, url, "nothing");
      expect([stranger.body, stranger.head, stranger.trailers]).toEqual(["first last ", undefined, []]);
      await Promise.all([asked, stranger].map(({ traceId }) => exportedSpans(receiver, traceId, [name])));
    },
  );

  test.each(WAYS)("%s: nothing comes behind a body when all went well", async (way) => {
    const before = await exportedBy(name);
    const answer = await streamed(name, urlOf(name, way));
    expect([answer.body, codeIn(answer.head), answer.trailers]).toEqual(["first last ", "ok", []]);
    expect(await exportedBy(name)).toBe(before);
  });

  test("a body that is cut has nothing behind it, and is exported as late", async () => {
    const answer = await streamed(name, urlOf(name, "/cut"));
    expect([answer.complete, answer.trailers]).toEqual([false, []]);
    const spans = await exportedSpans(receiver, answer.traceId, [name]);
    expect(rootOf(spans, name)).toMatchObject({
      "error_tree.root_cause.code": "data-loss",
      "error_tree.late": true,
    });
  });

  test.each(["http", "fetch"])("a callee's body that is cut is a failed call: %s", async (way) => {
    const to = urlOf("plain", "/cut");
    const answer = await streamed(name, urlOf(name, "/written", { to, way }));
    expect([answer.body, answer.complete]).toEqual(["first first last ", true]);
    expect(sketchIn(answer)).toMatchObject({ service: name, code: "ok", children: [{ service: name }] });
    await exportedSpans(receiver, answer.traceId, ["plain"]);
  });
});

describe("three services in a row", () => {
  const ROWS = ["http", "fetch"].flatMap((way) =>
    ["/written", "/piped", "/generated"].map((path) => [path, way]),
  );

  test.each(ROWS)(
    "%s by %s: a failure of the last reaches the first, behind three bodies",
    async (path, way) => {
      const leaf = urlOf("fastify", "/generated", { fail: "request" });
      const middle = urlOf("express", path as string, { to: leaf, way: way as string });
      const answer = await streamed(
        "plain",
        urlOf("plain", path as string, { to: middle, way: way as string }),
      );
      expect([answer.body.includes("first last "), codeIn(answer.head)]).toEqual([true, "ok"]);
      expect(sketchIn(answer)).toMatchObject({
        service: "plain",
        code: "ok",
        children: [{ service: "express", code: "ok", children: [{ service: "fastify", ...SOLD_OUT }] }],
      });
      const spans = await exportedSpans(receiver, answer.traceId, NAMES);
      for (const name of NAMES) {
        expect(rootOf(spans, name)).toMatchObject({
          "error_tree.verdict": name === "fastify" ? "failed" : "handled",
          "error_tree.late": true,
        });
      }
      const ids = new Set(spans.map(({ spanId }) => spanId));
      const orphans = spans.filter(
        ({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId),
      );
      expect(orphans).toEqual([]);
    },
  );

  test("nothing went wrong within any of them meanwhile", async () => {
    for (const name of NAMES) {
      const { internal_errors, answers_foreign, answers_malformed, answers_unwritten } = await countsOf(
        service(name),
      );
      expect([internal_errors, answers_foreign, answers_malformed, answers_unwritten]).toEqual(
        Array.from({ length: 4 }),
      );
    }
  });
});
