// Which fragments are exported, and that every failed root and detached fragment is accounted for.
import { SpanKind } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../src/export/forced-export.ts";
import type { FragmentView } from "../../src/export/fragment-view.ts";
import { ExportPolicy } from "../../src/export/policy.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { builtTree } from "../support/built-tree.ts";
import { ManualTiming } from "../support/queue.ts";
import {
  ASK,
  ERROR,
  FakeExchange,
  KeptSpans,
  ManualClock,
  pipelineBench,
  remoteContext,
} from "../support/sdk.ts";

const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY };

function view(fields: Partial<FragmentView<ReadableSpan>>): FragmentView<ReadableSpan> {
  const root: TreeNode = { service: "shop", operation: "GET /", code: "internal", count: 1, children: [] };
  return {
    role: "root",
    verdict: "failed",
    tree: builtTree({ traceId: "", root, omitted: 0 }),
    root: undefined as unknown as ReadableSpan,
    sampled: false,
    exportedBeneath: false,
    callerLeft: false,
    cutOff: false,
    failedAfterRoot: false,
    spansGone: false,
    alreadyCounted: false,
    ...fields,
  };
}

describe("with the limiter open", () => {
  test.each<[string, Partial<FragmentView<ReadableSpan>>, boolean, number | undefined]>([
    ["a failed root", {}, true, 1],
    ["a failed asked fragment", { role: "asked" }, true, undefined],
    ["a failed detached fragment", { role: "detached" }, true, 1],
    ["a rejected root", { verdict: "rejected" }, false, undefined],
    ["a rejected asked fragment", { role: "asked", verdict: "rejected" }, false, undefined],
    ["a handled root", { verdict: "handled" }, false, undefined],
    ["an ok root above an exported fragment", { verdict: "ok", exportedBeneath: true }, true, undefined],
    ["a rejected root above one", { verdict: "rejected", exportedBeneath: true }, true, undefined],
    [
      "a handled asked fragment above one",
      { role: "asked", verdict: "handled", exportedBeneath: true },
      true,
      undefined,
    ],
    ["a failed root above one", { exportedBeneath: true }, true, 1],
    [
      "a rejected one whose caller left while it worked",
      { verdict: "rejected", callerLeft: true },
      true,
      undefined,
    ],
    [
      "a handled one in which something failed behind the answer",
      { verdict: "handled", failedAfterRoot: true },
      true,
      undefined,
    ],
    ["a failed one whose spans are gone", { spansGone: true }, false, undefined],
    ["a failed head-sampled root, which counts", { sampled: true }, true, 1],
  ])("%s", (_, fields, exported, represents) => {
    const policy = new ExportPolicy(OPEN, new HealthCounts(), new ManualClock());
    const decision = policy.decide(view(fields));
    expect([decision.exported, decision.represents]).toEqual([exported, represents]);
  });

  test("rejected and handled ones go out where that is asked for", () => {
    const options = { ...OPEN, exportHandled: true, exportRejected: true };
    const policy = new ExportPolicy(options, new HealthCounts(), new ManualClock());
    for (const verdict of ["rejected", "handled"] as const) {
      expect(policy.decide(view({ verdict }))).toEqual({ exported: true });
    }
    expect(policy.decide(view({ verdict: "ok" }))).toEqual({ exported: false });
  });
});

/** What requests can be like. */
interface Request {
  readonly kind: number;
  readonly role: "root" | "asked" | "detached";
  readonly fails: "head" | "late" | "never" | "rejected";
  readonly beneath: "nothing" | "tree" | "exported" | "exported late";
  readonly again: boolean;
  readonly waitMs: number;
}

const requests = fc.array(
  fc.record<Request>({
    kind: fc.nat(5),
    role: fc.constantFrom("root", "asked", "detached"),
    fails: fc.constantFrom("head", "late", "never", "rejected"),
    beneath: fc.constantFrom("nothing", "tree", "exported", "exported late"),
    again: fc.boolean(),
    waitMs: fc.nat(20_000),
  }),
  { maxLength: 60 },
);

const LETTERS = ["cart", "stock", "price", "label", "money", "users"];

function answer(exported: boolean): Answer {
  const root: TreeNode = { service: "b", operation: "GET /b", code: "internal", count: 1, children: [] };
  return { service: "b", code: "internal", exported, tree: { traceId: "", root, omitted: 0 } };
}

test.each([false, true])(
  "failed roots and detached = represents written + dropped after the end; head-sampled: %s",
  async (sampled) => {
    await fc.assert(
      fc.asyncProperty(requests, async (list) => {
        const clock = new ManualClock();
        const health = new HealthCounts();
        const exporter = new KeptSpans();
        const options = { ...DEFAULTS, maxExportsPerSecond: 1, maxNovelPerMinute: 2, exportDelayMs: 0 };
        const exports = new ForcedExport(options, health, { clock });
        exports.attach(exporter);
        const bench = pipelineBench(
          {},
          { sink: exports, ...(sampled ? { sampler: new AlwaysOnSampler() } : {}) },
        );
        let told = 0;
        let failed = 0;
        for (const request of list) {
          const exchange = new FakeExchange(request.role === "asked" ? ASK : undefined);
          const remote = request.role === "root" ? undefined : remoteContext();
          const { span, context } = bench.request(exchange, remote);
          span
            .setAttribute("http.route", `/${LETTERS[request.kind]}`)
            .setAttribute("http.request.method", "GET");
          const call = bench.child(context, "GET", SpanKind.CLIENT);
          const callId = call.id;
          if (request.beneath !== "nothing") {
            bench.calls.responded(callId, 200, answer(request.beneath === "exported"), undefined);
          }
          const status = { head: 500, rejected: 404, late: 200, never: 200 }[request.fails];
          if (request.again) bench.pipeline.answerAtHead(exchange, status);
          bench.pipeline.answerAtHead(exchange, status);
          if (request.beneath === "exported late") bench.calls.amended(callId, answer(true));
          if (request.fails === "late")
            bench.pipeline.program.fail(span.spanContext().spanId, new Error("late"), "internal");
          call.span.end();
          span.end();
          clock.advance(request.waitMs);
          exports.sweep();
          const isFailed =
            request.fails === "head" ||
            request.fails === "late" ||
            (request.fails === "rejected" && request.beneath !== "nothing");
          if (isFailed && request.role !== "asked") failed++;
          const own = (span as unknown as ReadableSpan).attributes["error_tree.represents"];
          if (sampled && typeof own === "number") told += own;
        }
        await exports.shutdown();
        for (const { attributes } of exporter.spans) {
          const represents = attributes["error_tree.represents"];
          if (typeof represents === "number") told += represents;
        }
        const { trees_failed = 0, represents_written = 0, represents_dropped = 0 } = health.snapshot();
        expect(trees_failed).toBe(failed);
        expect(represents_written + represents_dropped).toBe(failed);
        expect(told).toBe(represents_written);
        expect(new Set(exporter.spans.map((s) => s.spanContext().spanId)).size).toBe(exporter.spans.length);
      }),
      { numRuns: 200 },
    );
  },
  60_000,
);

test("a span that is never to be exported stays home, and what hung on it hangs on the one above", async () => {
  const health = new HealthCounts();
  const exporter = new KeptSpans();
  const neverExport = ({ name }: ReadableSpan): boolean => name === "secret";
  const exports = new ForcedExport({ ...OPEN, exportDelayMs: 0, neverExport }, health, {
    clock: new ManualClock(),
  });
  exports.attach(exporter);
  const bench = pipelineBench({}, { sink: exports });
  const { span, context } = bench.request(new FakeExchange());
  const secret = bench.child(context, "secret");
  secret.child("SELECT", SpanKind.CLIENT).fail();
  secret.span.end();
  span.setStatus(ERROR).end();
  await exports.shutdown();
  expect(exporter.spans.map(({ name }) => name)).toEqual(["GET", "SELECT"]);
  expect(exporter.spans[1]?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
});

test("where neverExport throws the span stays home, and the failure is counted", async () => {
  const health = new HealthCounts();
  const exporter = new KeptSpans();
  const neverExport = (): boolean => {
    throw new Error("broke");
  };
  const exports = new ForcedExport({ ...OPEN, exportDelayMs: 0, neverExport }, health, {
    clock: new ManualClock(),
  });
  exports.attach(exporter);
  const bench = pipelineBench({}, { sink: exports });
  const { span } = bench.request(new FakeExchange());
  span.setStatus(ERROR).end();
  await exports.shutdown();
  expect(exporter.spans).toEqual([]);
  expect(health.snapshot()).toMatchObject({ internal_errors: 1, represents_dropped: 1, trees_failed: 1 });
});

test("the first failure of a kind is exported at once, the others of it share an export within two seconds", async () => {
  const timing = new ManualTiming();
  const exporter = new KeptSpans();
  const exports = new ForcedExport(OPEN, new HealthCounts(), { clock: new ManualClock(), timing });
  exports.attach(exporter);
  const bench = pipelineBench({}, { sink: exports });
  const fail = (operation: string): void => {
    const { span, context } = bench.request(new FakeExchange());
    bench.child(context, operation, SpanKind.CLIENT).fail();
    span.setStatus(ERROR).end();
  };
  const sizes = () => exporter.batches.map((batch) => batch.length);
  fail("SELECT");
  fail("SELECT");
  await timing.advance(100);
  expect(sizes()).toEqual([4]);
  fail("SELECT");
  await timing.advance(1_000);
  fail("SELECT");
  await timing.advance(999);
  expect(sizes()).toEqual([4]);
  await timing.advance(1);
  expect(sizes()).toEqual([4, 4]);
  fail("SELECT");
  fail("INSERT");
  await timing.advance(100);
  expect(sizes()).toEqual([4, 4, 4]);
  await exports.shutdown();
});
