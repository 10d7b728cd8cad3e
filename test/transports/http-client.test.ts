// The client sides on real sockets: which answers are believed, which are dropped, and that a response stays whole.
import http, { type IncomingMessage } from "node:http";
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { describe, expect, test } from "vitest";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { idOfAsk } from "../../src/wire/header.ts";
import { plainService } from "../support/sdk-http.ts";
import { startParts } from "../support/sdk-parts.ts";
import { closedPort } from "../support/sockets.ts";
import { treeOfJob } from "../support/strangers.ts";

async function text(stream: IncomingMessage): Promise<string> {
  let out = "";
  for await (const chunk of stream) out += chunk;
  return out;
}

const CALLS: Record<string, (url: string, headers?: Record<string, string>) => Promise<[number, string]>> = {
  "node:http": (url, headers = {}) =>
    new Promise((resolve, reject) => {
      http
        .get(url, { headers }, (answer) => {
          text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject);
        })
        .on("error", reject);
    }),
  fetch: async (url, headers = {}) => {
    const answer = await fetch(url, { headers });
    return [answer.status, await answer.text()];
  },
};

/** The id of the ask in a request's head. */
function askIn(head: string): string {
  return idOfAsk(/^x-error-tree: (.*)$/im.exec(head)?.[1]?.trim()) ?? "none";
}

function treeFor(id: string): string {
  return `x-error-tree: {"service":"stock","operation":"GET /stock","status":"error","code":"not-found","error":"sold out","id":"${id}","forced":false,"children":[]}`;
}

describe.each(Object.entries(CALLS))("a call by %s", (_, call) => {
  test("hangs the answer to its own ask beneath the caller", async () => {
    const parts = startParts();
    const stock = await plainService(404, "none left", (head) => [treeFor(askIn(head))]);
    let got: unknown;
    const tree = await treeOfJob(parts, async () => {
      got = await call(`http://127.0.0.1:${stock.port}/`);
    });
    expect(got).toEqual([404, "none left"]);
    expect(tree?.root.children).toMatchObject([
      { service: "stock", operation: "GET /stock", message: "sold out" },
    ]);
    expect(parts.health.snapshot()).toEqual({});
  });

  test("drops an answer that was replayed from another request, counted", async () => {
    const parts = startParts();
    let first: string | undefined;
    const cache = await plainService(404, "none left", (head) => {
      first ??= askIn(head);
      return [treeFor(first)];
    });
    const trees: (ErrorTree | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      trees.push(await treeOfJob(parts, () => call(`http://127.0.0.1:${cache.port}/`)));
    }
    const services = trees.map((tree) => tree?.root.children.map(({ service }) => service));
    expect(services).toEqual([["stock"], ["shop"], ["shop"]]);
    expect(trees[1]?.root.children[0]).toMatchObject({ code: "not-found", opaque: true });
    expect(parts.health.snapshot()).toEqual({ answers_foreign: 2 });
  });

  test.each([
    ["no answer of ours", () => ["x-error-tree: an error occurred"]],
    ["two answers", (head: string) => [treeFor(askIn(head)), treeFor(askIn(head))]],
    ["an answer longer than any of ours", () => [`x-error-tree: {"service":"${"x".repeat(8000)}"}`]],
  ])("drops %s, counted, and the response is whole", async (_name, fields) => {
    const parts = startParts();
    const stock = await plainService(404, "none left", fields);
    let got: unknown;
    const tree = await treeOfJob(parts, async () => {
      got = await call(`http://127.0.0.1:${stock.port}/`);
    });
    expect(got).toEqual([404, "none left"]);
    expect(tree?.root.children).toMatchObject([{ service: "shop", code: "not-found", opaque: true }]);
    expect(parts.health.snapshot()).toEqual({ answers_malformed: 1 });
  });

  test("an ask is on the wire once, with the span that traceparent names", async () => {
    startParts();
    const stock = await plainService(200, "fine");
    await call(`http://127.0.0.1:${stock.port}/`);
    const asks = stock.heads[0]?.match(/^x-error-tree:/gim);
    expect(asks).toHaveLength(1);
    expect(stock.heads[0]).toMatch(
      new RegExp(`^traceparent: 00-[0-9a-f]{32}-${askIn(stock.heads[0] ?? "")}-00$`, "im"),
    );
  });

  test("an empty field of our name, as a copy of raw headers leaves it, does not spoil the ask", async () => {
    const parts = startParts();
    const stock = await plainService(404, "none left", (head) => [
      treeFor(/id="([0-9a-f]{16})"/.exec(head)?.[1] ?? ""),
    ]);
    const tree = await treeOfJob(parts, () =>
      call(`http://127.0.0.1:${stock.port}/`, { "x-error-tree": "" }),
    );
    expect(tree?.root.children).toMatchObject([{ service: "stock", message: "sold out" }]);
  });

  /** A call that no instrumentation sees, to a port that refuses it; the program injects the context of its span by hand. */
  const refused = async (kind: SpanKind, isWell: boolean): Promise<Span> =>
    await trace.getTracer("test").startActiveSpan("load price", { kind }, async (span) => {
      const url = `http://127.0.0.1:${await closedPort()}/`;
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      await expect(
        context.with(suppressTracing(context.active()), () => call(url, headers)),
      ).rejects.toThrow();
      if (isWell) span.setStatus({ code: SpanStatusCode.OK });
      span.end();
      return span;
    });

  test("that no instrumentation sees says nothing of the step around it, which fell back", async () => {
    expect(await treeOfJob(startParts(), () => refused(SpanKind.INTERNAL, true))).toBeUndefined();
  });

  test("that no instrumentation sees tells the program's own client span how it broke", async () => {
    const tree = await treeOfJob(startParts(), () => refused(SpanKind.CLIENT, false));
    expect(tree?.root.children).toMatchObject([{ operation: "load price", errorType: "ECONNREFUSED" }]);
  });

  test("that no instrumentation sees says nothing of the program's own client span that is OK, as after another try", async () => {
    expect(await treeOfJob(startParts(), () => refused(SpanKind.CLIENT, true))).toBeUndefined();
  });
});
