// What a person finds in a backend: spans that hang together, who was called, and what not to believe.
import { SpanKind } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../../src/export/forced-export.ts";
import { HealthCounts } from "../../../src/health/counts.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import type { TreeNode } from "../../../src/tree/tree.ts";
import type { Answer } from "../../../src/wire/messages.ts";
import {
  ASK,
  type Bench,
  ERROR,
  FakeExchange,
  KeptSpans,
  pipelineBench,
  remoteContext,
} from "../../support/sdk.ts";

const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY, exportDelayMs: 0 };
const ADDRESS = { "server.address": "pay.internal" };
const WARNINGS = "@jaeger@warnings";

interface Exported {
  readonly bench: Bench<ForcedExport>;
  /** Ends the request as failed; returns its spans by name. */
  end(): Promise<Record<string, ReadableSpan>>;
}

function exporting(
  neverExport: (span: ReadableSpan) => boolean = () => false,
  options: Parameters<typeof pipelineBench>[0] = {},
): Exported {
  const exporter = new KeptSpans();
  const exports = new ForcedExport({ ...OPEN, neverExport }, new HealthCounts());
  exports.attach(exporter);
  const bench = pipelineBench(options, { sink: exports });
  return {
    bench,
    async end() {
      await exports.shutdown();
      return Object.fromEntries(exporter.spans.map((span) => [span.name, span]));
    },
  };
}

const FAILED: TreeNode = {
  service: "pay",
  operation: "POST /pay",
  code: "internal",
  count: 1,
  stub: { kind: "server", startMs: 0, durationMs: 0 },
  children: [],
};

function answerOf(service: string, root?: TreeNode): Answer {
  const tree = root === undefined ? undefined : { traceId: "", root, omitted: 0 };
  return {
    service,
    code: root?.code ?? "ok",
    exported: false,
    ...(tree === undefined ? undefined : { tree }),
  };
}

/** A failed request with one call of which `see` tells what the wire showed. */
async function callSpan(
  attributes: Record<string, string | number>,
  see: (bench: Bench<ForcedExport>, callId: string) => void,
): Promise<ReadableSpan> {
  const { bench, end } = exporting();
  const { span, child } = bench.request(new FakeExchange());
  const call = child("call", SpanKind.CLIENT).span;
  call.setAttributes(attributes);
  see(bench, call.spanContext().spanId);
  call.end();
  span.setStatus(ERROR).end();
  const before = { ...call.attributes };
  const spans = await end();
  expect(call.attributes).toEqual(before);
  return spans.call as ReadableSpan;
}

describe("a call", () => {
  test("names the service that answered, also where nothing failed there", async () => {
    const good = await callSpan(ADDRESS, (bench, id) => {
      bench.calls.responded(id, 200, answerOf("pay"), undefined);
    });
    expect(good.attributes).toMatchObject({ "peer.service": "pay" });
    expect(good.attributes).not.toHaveProperty([WARNINGS]);
    const bad = await callSpan(ADDRESS, (bench, id) => {
      bench.calls.responded(id, 500, answerOf("pay", FAILED), undefined);
    });
    expect(bad.attributes).toMatchObject({ "peer.service": "pay" });
  });

  test.each([
    ["keeps the name that the program gave", { ...ADDRESS, "peer.service": "mine" }, "pay", "mine"],
    ["has no name where the answer had no room for it", ADDRESS, "unknown_service", undefined],
    ["has none where a reader would take it for the address", {}, "pay", undefined],
  ])("%s", async (_, attributes, service, expected) => {
    const span = await callSpan(attributes, (bench, id) => {
      bench.calls.responded(id, 200, answerOf(service), undefined);
    });
    expect(span.attributes["peer.service"]).toBe(expected);
  });

  test("without an answer says so, to people and to a search", async () => {
    const span = await callSpan(ADDRESS, (bench, id) => {
      bench.calls.broke(id, Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
    });
    expect(span.attributes).toMatchObject({
      "error_tree.unanswered": true,
      [WARNINGS]: ["no answer arrived: what the callee did is shown only if it exported that itself"],
    });
  });

  test("whose answer told no tree says so", async () => {
    const span = await callSpan({ ...ADDRESS, "http.response.status_code": 503 }, (bench, id) => {
      bench.calls.responded(id, 503, undefined, undefined);
    });
    expect(span.attributes).toMatchObject({
      "error_tree.opaque": true,
      [WARNINGS]: [
        "the answer carried no error tree: failures of the callee are shown only if it exported them",
      ],
    });
  });

  test("of a database, and one that went well, say nothing", async () => {
    const query = await callSpan({ "db.system.name": "postgresql" }, (bench, id) => {
      bench.calls.broke(id, new Error("duplicate key"));
    });
    const good = await callSpan({ "http.response.status_code": 200 }, () => {});
    for (const { attributes } of [query, good]) {
      expect(Object.keys(attributes).filter((name) => /unanswered|opaque|@/.test(name))).toEqual([]);
    }
  });

  test("around the one of its transport leaves the word to that one", async () => {
    const { bench, end } = exporting();
    const { span, child } = bench.request(new FakeExchange());
    const outer = child("outer", SpanKind.CLIENT);
    const inner = outer.child("inner", SpanKind.CLIENT);
    bench.calls.responded(inner.id, 503, undefined, undefined);
    inner.span.end();
    outer.fail();
    span.setStatus(ERROR).end();
    const spans = await end();
    expect(spans.inner?.attributes).toHaveProperty(["error_tree.opaque"], true);
    expect(spans.outer?.attributes).not.toHaveProperty([WARNINGS]);
  });
});

describe("a warning", () => {
  test("comes after those of the program, and stands on the copy alone", async () => {
    const { bench, end } = exporting();
    const { span, child } = bench.request(new FakeExchange());
    const kept = child("kept", SpanKind.CLIENT).span.setStatus(ERROR);
    kept.setAttribute(WARNINGS, ["of the program"]).end();
    const odd = child("odd", SpanKind.CLIENT).span.setStatus(ERROR);
    odd.setAttribute(WARNINGS, "a text").end();
    span.setStatus(ERROR).end();
    const spans = await end();
    const ours = "no answer arrived: what the callee did is shown only if it exported that itself";
    expect(spans.kept?.attributes[WARNINGS]).toEqual(["of the program", ours]);
    expect(spans.odd?.attributes[WARNINGS]).toEqual(["a text", ours]);
    expect((kept as unknown as ReadableSpan).attributes[WARNINGS]).toEqual(["of the program"]);
  });

  test("tells of a span that lived on, of what came late, and of what is left out", async () => {
    const { bench, end } = exporting(undefined, { settleMs: 0, maxSpansPerFragment: 3 });
    const exchange = new FakeExchange(ASK);
    const { span, id, child } = bench.request(exchange, remoteContext());
    const live = child("live");
    live.child("failed").fail();
    bench.pipeline.answerAtHead(exchange, 200);
    // No room for its span: it is counted alone.
    live.child("uncounted").fail();
    bench.pipeline.program.fail(id, new Error("late"), "internal");
    span.end();
    bench.pipeline.sweep();
    const spans = await end();
    expect(spans.live?.attributes).toMatchObject({
      "error_tree.unended": true,
      [WARNINGS]: ["the span had not ended when it was exported"],
    });
    expect(spans.GET?.attributes).toMatchObject({
      "error_tree.omitted": 1,
      "error_tree.late": true,
      [WARNINGS]: [
        "failed operations are missing in the error tree: error_tree.omitted says how many",
        "more was found after the response head was sent: callers may not know of it",
      ],
    });
    for (const written of Object.values(spans)) expect(written.duration).not.toEqual([0, 0]);
  });
});

describe("a span whose parent is not there", () => {
  test("hangs on the one above, where what is beneath it is written for another service too", async () => {
    const { bench, end } = exporting(({ name }) => name === "secret");
    const { span, child } = bench.request(new FakeExchange());
    const call = child("secret", SpanKind.CLIENT);
    bench.calls.responded(call.id, 500, answerOf("pay", FAILED), undefined);
    const inner = call.child("inner");
    inner.span.end();
    call.span.end();
    span.setStatus(ERROR).end();
    const spans = await end();
    const { spanId } = span.spanContext();
    expect(Object.keys(spans).sort()).toEqual(["GET", "POST /pay", "inner"]);
    expect(spans["POST /pay"]?.parentSpanContext?.spanId).toBe(spanId);
    expect(spans.inner?.parentSpanContext?.spanId).toBe(spanId);
  });

  test("hangs on the caller's span where the root is kept back, and on none where nobody called", async () => {
    for (const remote of [remoteContext(), undefined]) {
      const { bench, end } = exporting(({ name }) => name === "GET");
      const { span, child } = bench.request(new FakeExchange(), remote);
      child("failed").fail();
      span.setStatus(ERROR).end();
      const spans = await end();
      expect(Object.keys(spans)).toEqual(["failed"]);
      const expected = remote === undefined ? undefined : "00f067aa0ba902b7";
      expect(spans.failed?.parentSpanContext?.spanId).toBe(expected);
    }
  });

  test("hangs on the root where its parent had no room", async () => {
    const { bench, end } = exporting(undefined, { maxSpansPerFragment: 3 });
    const { span, id, child } = bench.request(new FakeExchange());
    const early = child("early");
    const full = child("full");
    const parent = child("no room");
    early.span.end();
    const beneath = parent.child("beneath");
    for (const { span: open } of [beneath, parent, full]) open.setStatus(ERROR).end();
    span.setStatus(ERROR).end();
    const spans = await end();
    expect(Object.keys(spans).sort()).toEqual(["GET", "beneath", "full"]);
    expect(spans.beneath?.parentSpanContext?.spanId).toBe(id);
  });
});

test("a summary ends after it starts", async () => {
  const exporter = new KeptSpans();
  const options = { ...DEFAULTS, exportDelayMs: 0, firstPerKind: 1 };
  const exports = new ForcedExport(options, new HealthCounts());
  exports.attach(exporter);
  const bench = pipelineBench({}, { sink: exports });
  for (let i = 0; i < 2; i++) bench.request(new FakeExchange()).span.setStatus(ERROR).end();
  await exports.shutdown();
  const summary = exporter.spans.find(({ attributes }) => attributes["error_tree.summary"] === true);
  expect(summary?.duration).toEqual([0, 1000]);
});
