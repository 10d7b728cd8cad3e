// Jobs that run for minutes and hours: what is kept of them, what is said meanwhile, and what is exported at their end.
import { type SpanKind as Kind, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { ForcedExport } from "../../src/export/forced-export.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import { formatTree } from "../../src/tree/format.ts";
import { rootCauseOf } from "../../src/tree/tree.ts";
import { backendTrees } from "../support/backend-tree.ts";
import { type Bench, KeptSpans, ManualClock, pipelineBench, remoteContext } from "../support/sdk.ts";

const MINUTE_MS = 60_000;

type Work = ReturnType<Bench["child"]>;

/** A job that begins by itself. */
function job(bench: Bench, kind: Kind = SpanKind.INTERNAL): Work {
  return bench.child(ROOT_CONTEXT, "plan", kind);
}

/** A plan of so many steps, one every 15 seconds; each with a call, which fails for the steps that are named. */
function plan(bench: Bench, root: Work, steps: number, failing: readonly number[]): void {
  for (let i = 1; i <= steps; i++) {
    const step = root.child(`step ${i}`);
    const attempts = failing.includes(i) ? 3 : 1;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const call = step.child("POST", SpanKind.CLIENT);
      if (attempts > 1) call.fail(`robot ${i} is stuck`);
      else call.span.end();
    }
    bench.clock.advance(15_000);
    if (failing.includes(i)) step.fail(`step ${i} gave up`);
    else step.span.end();
  }
}

describe("a plan of forty steps that runs for ten minutes", () => {
  test("is exported when it ends, with each step's failure in its tree", () => {
    const bench = pipelineBench();
    const root = job(bench);
    plan(bench, root, 40, [3, 17, 40]);
    expect(bench.sink.accepted).toEqual([]);
    root.fail("step 40 gave up");
    const [fragment] = bench.sink.accepted;
    expect(bench.sink.accepted).toHaveLength(1);
    expect(fragment).toMatchObject({ verdict: "failed", late: false, represents: 1 });
    const tree = fragment?.tree?.redacted().root;
    expect(tree?.children.map(({ operation, message }) => [operation, message])).toEqual([
      ["step 3", "step 3 gave up"],
      ["step 17", "step 17 gave up"],
      ["step 40", "step 40 gave up"],
    ]);
    expect(
      tree &&
        rootCauseOf(tree)
          .path.map(({ operation }) => operation)
          .slice(0, 2),
    ).toEqual(["plan", "step 40"]);
    // The root, forty steps, and a call for each, three for those that failed.
    expect(fragment?.spans).toHaveLength(1 + 40 + 40 + 6);
    expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out]).toEqual([0, undefined]);
  });

  test("says every five minutes what has failed so far", () => {
    const bench = pipelineBench();
    const root = job(bench);
    plan(bench, root, 40, [3, 30]);
    expect(
      bench.sink.reports.map(({ root: { children } }) => children.map(({ operation }) => operation)),
    ).toEqual([["step 3"], ["step 3", "step 30"]]);
    root.span.end();
  });

  test("that copes with its failures is exported at its end only if something was said of it before", () => {
    for (const [minutes, exported] of [
      [3, []],
      [6, ["handled"]],
    ] as const) {
      const bench = pipelineBench();
      const root = job(bench);
      plan(bench, root, 1, [1]);
      bench.clock.advance(minutes * MINUTE_MS);
      root.span.end();
      expect(bench.sink.accepted.map(({ verdict }) => verdict)).toEqual(exported);
    }
  });

  test("says nothing if nothing has failed", () => {
    const bench = pipelineBench();
    const root = job(bench);
    plan(bench, root, 40, []);
    root.span.end();
    expect([bench.sink.reports, bench.sink.accepted, bench.pipeline.size]).toEqual([[], [], 0]);
  });
});

test.each([
  ["that a message began", SpanKind.CONSUMER, 1],
  ["of the program's own", SpanKind.INTERNAL, 1],
  ["of a server without an exchange", SpanKind.SERVER, 0],
  ["of a client", SpanKind.CLIENT, 0],
  ["of a producer", SpanKind.PRODUCER, 0],
] as const)("work %s is kept after the time of a request, if it is a job", (_, kind, kept) => {
  const bench = pipelineBench();
  const root = bench.child(remoteContext(), "work", kind);
  bench.clock.advance(60 * MINUTE_MS);
  expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out ?? 0]).toEqual([kept, 1 - kept]);
  root.span.end();
  expect(bench.pipeline.size).toBe(0);
});

test("a job whose root has ended does not wait for its children for longer than a request", () => {
  const bench = pipelineBench();
  const root = job(bench);
  root.child("left behind");
  root.span.end();
  bench.clock.advance(6 * MINUTE_MS);
  expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out]).toEqual([0, 1]);
});

test("of more than a thousand jobs that never end, the others have the time of a request", () => {
  const bench = pipelineBench();
  const roots = Array.from({ length: 1_200 }, () => job(bench));
  bench.clock.advance(6 * MINUTE_MS);
  expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out]).toEqual([1_000, 200]);
  for (const { span } of roots.slice(0, 500)) span.end();
  for (let i = 0; i < 400; i++) job(bench);
  bench.clock.advance(6 * MINUTE_MS);
  expect(bench.pipeline.size).toBe(900);
});

test("a job that fails more often than there is room for keeps its newest failures, and counts the others", () => {
  const bench = pipelineBench({ maxSpansPerFragment: 20 });
  const root = job(bench);
  for (let i = 1; i <= 100; i++) root.child(`step ${i}`).fail(`robot ${i}`);
  root.fail("robot 100");
  const [fragment] = bench.sink.accepted;
  const tree = fragment?.tree?.redacted();
  expect(tree?.omitted).toBe(81);
  expect(tree && rootCauseOf(tree.root).node.operation).toBe("step 100");
  expect(bench.pipeline.size).toBe(0);
});

test("a request that fails more often than there is room for keeps its first failures, as ever", () => {
  const bench = pipelineBench({ maxSpansPerFragment: 20 });
  const { span, child, head } = bench.arrives();
  for (let i = 1; i <= 100; i++) child(`step ${i}`).fail(`robot ${i}`);
  head(500);
  span.end();
  expect(bench.sink.accepted[0]?.tree?.redacted().root.children[0]?.operation).toBe("step 1");
});

describe("what is exported of a job", () => {
  function exported(failsAtEnd: boolean) {
    const clock = new ManualClock();
    const kept = new KeptSpans();
    const health = new HealthCounts();
    const exports = new ForcedExport({ ...DEFAULTS, exportDelayMs: 0 } as never, health, { clock });
    exports.attach(kept);
    const bench = pipelineBench({}, { sink: exports }) as never as Bench;
    const root = job(bench);
    plan(bench, root, 60, [3, 30]);
    if (failsAtEnd) root.fail("gave up");
    else root.span.end();
    return { kept, exports, health };
  }

  test.each([true, false])(
    "has every id once, and counts the job once at most (it failed: %s)",
    async (failed) => {
      const { kept, exports, health } = exported(failed);
      await exports.forceFlush();
      const ids = kept.spans.map((span) => span.spanContext().spanId);
      expect(new Set(ids).size).toBe(ids.length);
      const parents = kept.spans
        .map((span) => span.parentSpanContext?.spanId)
        .filter((id) => id !== undefined);
      expect(parents.filter((id) => !ids.includes(id))).toEqual([]);
      const progress = kept.spans.filter(({ attributes }) => attributes["error_tree.progress"] === true);
      expect(progress.map(({ name }) => name)).toEqual(["plan so far", "plan so far", "plan so far"]);
      for (const { attributes, status } of progress) {
        expect(status.code).toBe(0);
        expect(attributes).not.toHaveProperty(["error_tree.represents"]);
        expect(attributes).not.toHaveProperty(["error_tree.verdict"]);
      }
      expect(
        progress.map(({ attributes }) => String(attributes["error_tree.text"]).includes("step 30")),
      ).toEqual([false, true, true]);
      const withoutProgress = kept.spans.filter((span) => !progress.includes(span));
      const [text, ...others] = backendTrees(kept.spans).map(formatTree);
      expect([[text], others]).toEqual([backendTrees(withoutProgress).map(formatTree), []]);
      const verdicts = kept.spans.map(({ attributes }) => attributes["error_tree.verdict"]).filter(Boolean);
      expect(verdicts).toEqual([failed ? "failed" : "handled"]);
      const counts = health.snapshot();
      expect([counts.trees_failed ?? 0, counts.represents_written ?? 0]).toEqual(failed ? [1, 1] : [0, 0]);
      await exports.shutdown();
    },
  );
});
