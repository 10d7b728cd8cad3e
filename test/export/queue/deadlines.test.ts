// Exporters that fail, hang or throw behind the export side: each for itself, and none longer than an export may take.

import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { FinishedFragment } from "../../../src/export/finished-fragment.ts";
import { ForcedExport } from "../../../src/export/forced-export.ts";
import { HealthCounts } from "../../../src/health/counts.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import { WrittenSpan } from "../../../src/spans/written-span.ts";
import { HeldExporter, ManualTiming, spanOf } from "../../support/queue.ts";
import { KeptSpans } from "../../support/sdk.ts";

const NEVER = new Promise<void>(() => {});

/** A failed fragment of one span that the head sampler did not take. */
function finished(name: string): FinishedFragment {
  const spanContext = { traceId: "0".repeat(32), spanId: "1".repeat(16), traceFlags: 0 };
  return {
    verdict: "failed",
    role: "root",
    tree: undefined,
    rootSpanId: spanContext.spanId,
    parentId: undefined,
    late: false,
    decidedAt: 0,
    callees: [],
    weights: [{ level: 3, isNode: true }],
    spans: [
      new WrittenSpan(spanOf(name, { spanContext: () => spanContext, startTime: [1, 0], endTime: [2, 0] })),
    ],
  } as unknown as FinishedFragment;
}

function exportsTo(...exporters: SpanExporter[]) {
  const timing = new ManualTiming();
  const health = new HealthCounts();
  const exports = new ForcedExport({ ...DEFAULTS, exportTimeoutMs: 5_000 }, health, {
    clock: timing,
    timing,
  });
  const shared = exporters.map((exporter) => exports.attach(exporter));
  return { exports, timing, health, shared };
}

/** How long a step takes: what it comes to, and after how many milliseconds. */
async function outcomeOf(step: Promise<void>, timing: ManualTiming): Promise<[string, number]> {
  const start = timing.now();
  let outcome: [string, number] | undefined;
  step.then(
    () => {
      outcome = ["resolved", timing.now() - start];
    },
    (error: Error) => {
      outcome = [error.message, timing.now() - start];
    },
  );
  await timing.advance(100_000);
  return outcome ?? ["pending", Number.POSITIVE_INFINITY];
}

/** An exporter that never answers anything. */
class HungExporter extends HeldExporter {
  forceFlush(): Promise<void> {
    return NEVER;
  }

  override shutdown(): Promise<void> {
    return NEVER;
  }
}

describe.each(["forceFlush", "shutdown"] as const)("%s", (step) => {
  test("of an exporter that does well ends at once, and leaves no timer", async () => {
    const kept = new KeptSpans();
    const { exports, timing } = exportsTo(kept);
    exports.accept(finished("a"));
    expect(await outcomeOf(exports[step](), timing)).toEqual(["resolved", 0]);
    expect(kept.spans.map(({ name }) => name)).toEqual(["a"]);
    expect(timing.pending).toBe(0);
  });

  test("of a hung exporter ends within the time of one export, with something to export and without", async () => {
    for (const names of [["a"], []]) {
      const { exports, timing } = exportsTo(new HungExporter());
      for (const name of names) exports.accept(finished(name));
      expect(await outcomeOf(exports[step](), timing)).toEqual(["resolved", 5_000]);
    }
  });

  test("of one exporter does not wait for another one that hangs or fails before it", async () => {
    const broken: SpanExporter = {
      export: () => {
        throw new Error("no export");
      },
      forceFlush: () => Promise.reject(new Error("no flush")),
      shutdown: () => {
        throw new Error("no shutdown");
      },
    };
    const kept = new KeptSpans();
    let done = false;
    kept[step] = async () => {
      done = true;
    };
    const { exports, timing } = exportsTo(broken, new HungExporter(), kept);
    exports.accept(finished("a"));
    void exports[step]().catch(() => {});
    await timing.advance(0);
    expect(kept.spans.length).toBe(1);
    expect(done).toBe(true);
  });

  test("of an exporter that rejects says so when all have ended", async () => {
    const failing = new KeptSpans();
    failing[step] = () => Promise.reject(new Error("broke"));
    const { exports, timing } = exportsTo(failing, new HungExporter());
    expect(await outcomeOf(exports[step](), timing)).toEqual(["broke", 5_000]);
  });

  test("of an exporter that rejects leaves no timer", async () => {
    const failing = new KeptSpans();
    failing[step] = () => Promise.reject(new Error("broke"));
    const { exports, timing } = exportsTo(failing);
    await expect(exports[step]()).rejects.toThrow("broke");
    expect(timing.pending).toBe(0);
  });

  test("of an exporter that the SDK shares ends in time, too", async () => {
    const { shared, timing } = exportsTo(new HungExporter());
    expect(await outcomeOf(shared[0]?.[step]?.() as Promise<void>, timing)).toEqual(["resolved", 5_000]);
  });
});

test("an exporter is shut down once, after what waited, and without waiting for it for ever", async () => {
  const steps: string[] = [];
  const exporter: SpanExporter = {
    export: () => void steps.push("export"),
    shutdown: async () => void steps.push("shutdown"),
  };
  const { exports, shared, timing, health } = exportsTo(exporter);
  exports.accept(finished("a"));
  void shared[0]?.shutdown();
  void exports.shutdown();
  await timing.advance(4_999);
  expect(steps).toEqual(["export"]);
  await timing.advance(1);
  expect(steps).toEqual(["export", "shutdown"]);
  exports.accept(finished("late"));
  expect(health.snapshot()).toMatchObject({ fragments_dropped: 2, spans_dropped: 2 });
});

test("a hung exporter does not keep another one from its fragments", async () => {
  const kept = new KeptSpans();
  const { exports, timing } = exportsTo(new HungExporter(), kept);
  for (let i = 0; i < 10; i++) {
    exports.accept(finished(`${i}`));
    await timing.advance(200);
  }
  expect(kept.spans.length).toBe(10);
});
