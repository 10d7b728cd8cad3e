// Whatever happens to the queue, in whatever order: no fragment is cut, none is lost from the books, the bounds hold.

import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "../../../src/tree/tree.ts";
import { bytesOf, errorOf, fragmentOf, HeldExporter, queueOf, settled } from "../../support/queue.ts";

const MAX_SPANS = 1200;
const MAX_BYTES = 120_000;
const TIMEOUT_MS = 5_000;

type Step =
  | { readonly kind: "add"; readonly spans: number; readonly verdict: Verdict; readonly represents: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "answer"; readonly call: number; readonly code: number | undefined }
  | { readonly kind: "flush" | "close" };

const add = fc.record({
  kind: fc.constant("add" as const),
  spans: fc.oneof({ weight: 8, arbitrary: fc.nat(5) }, { weight: 2, arbitrary: fc.nat(700) }),
  verdict: fc.constantFrom<Verdict>("ok", "handled", "rejected", "failed"),
  represents: fc.nat(3),
});
const pass = fc.record({
  kind: fc.constant("pass" as const),
  ms: fc.constantFrom(1, 100, 900, 5_000, 40_000),
});
const answer = fc.record({
  kind: fc.constant("answer" as const),
  /** Which of the calls without an answer, counted from the last one. */
  call: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
  /** An error's code; `undefined` is success, 0 an error without a code. */
  code: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(400, 401, 503) },
  ),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: add },
    { weight: 4, arbitrary: pass },
    { weight: 5, arbitrary: answer },
    { weight: 1, arbitrary: fc.constant({ kind: "flush" as const }) },
  ),
  { maxLength: 60 },
);

/** An exporter that looks at every batch as it comes. */
class WatchedExporter extends HeldExporter {
  readonly sizes = new Map<number, number>();
  readonly answered = new Set<number>();
  /** When the time of a call is over. */
  readonly ends: number[] = [];
  readonly violations: string[] = [];
  /** Fragments of the calls that were answered well. */
  readonly arrived: number[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override export(batch: ReadableSpan[], done: HeldExporter["calls"][number]["done"]): void {
    const before = this.calls.length - 1;
    super.export(batch, done);
    this.ends.push(this.#now() + TIMEOUT_MS);
    const ids = this.idsOf(this.calls.length - 1);
    const whole = ids.flatMap((id) =>
      Array.from({ length: this.sizes.get(id) ?? 0 }, (_, i) => `${id}.${i}`),
    );
    const names = batch.map(({ name }) => name);
    if (String(names) !== String(whole)) this.violations.push(`a fragment was cut: ${names}`);
    if (batch.length > 512 && ids.length > 1) this.violations.push(`${ids.length} share a call too large`);
    if (ids.some((id, i) => i > 0 && id <= (ids[i - 1] as number))) {
      this.violations.push(`out of order: ${ids}`);
    }
    for (const id of ids) if (this.arrived.includes(id)) this.violations.push(`${id} had arrived`);
    for (let call = before; call >= 0; call--) {
      if (this.answered.has(call) || this.#now() >= (this.ends[call] as number)) continue;
      const again = this.idsOf(call).filter((id) => ids.includes(id));
      if (again.length > 0) this.violations.push(`${again} sent again without an answer`);
    }
  }

  /** Fragments of a call. */
  idsOf(call: number): number[] {
    return [...new Set(this.calls[call]?.names.map((name) => Number.parseInt(name, 10)))];
  }

  /** Calls without an answer, the last one first. */
  get open(): number[] {
    return [...this.calls.keys()].filter((call) => !this.answered.has(call)).reverse();
  }

  async answer(call: number | undefined, code: number | undefined): Promise<void> {
    if (call === undefined) return;
    this.answered.add(call);
    if (code === undefined) {
      this.arrived.push(...this.idsOf(call));
      await this.succeed(call);
    } else {
      await this.fail(code === 0 ? new Error("down") : errorOf(code), call);
    }
  }
}

/** Runs the steps, then closes; looks at the books after every step. */
async function run(given: readonly Step[]): Promise<void> {
  let now = () => 0;
  const exporter = new WatchedExporter(() => now());
  const { queue, health, timing } = queueOf({
    exporter,
    maxQueuedSpans: MAX_SPANS,
    maxQueuedBytes: MAX_BYTES,
    exportTimeoutMs: TIMEOUT_MS,
  });
  now = () => timing.now();
  const added = { fragments: 0, spans: 0, represents: 0 };
  for (const step of [...given, { kind: "close" } as const]) {
    switch (step.kind) {
      case "add": {
        const id = exporter.sizes.size;
        exporter.sizes.set(id, step.spans);
        const { verdict, represents } = step;
        queue.add(fragmentOf(`${id}`, step.spans, { verdict, represents }));
        added.fragments += step.spans > 0 ? 1 : 0;
        added.spans += step.spans;
        added.represents += step.represents;
        break;
      }
      case "pass":
        await timing.advance(step.ms);
        break;
      case "answer": {
        const { open } = exporter;
        await exporter.answer(open[step.call % Math.max(1, open.length)], step.code);
        break;
      }
      case "flush":
        void queue.forceFlush();
        await settled();
        break;
      case "close": {
        let over = false;
        void queue.close().then(() => {
          over = true;
        });
        await timing.advance(TIMEOUT_MS);
        expect(over).toBe(true);
        expect(queue.held).toEqual({ fragments: 0, spans: 0, bytes: 0, represents: 0 });
        expect(timing.pending).toBe(0);
        break;
      }
      default:
        step satisfies never;
    }
    const counts = health.snapshot() as Record<string, number>;
    const sum = (exported: string, dropped: string): number =>
      (counts[exported] ?? 0) + (counts[dropped] ?? 0);
    expect({
      fragments: sum("fragments_exported", "fragments_dropped") + queue.held.fragments,
      spans: sum("spans_exported", "spans_dropped") + queue.held.spans,
      represents: sum("represents_written", "represents_dropped") + queue.held.represents,
    }).toEqual(added);
    expect(queue.held.spans).toBeLessThanOrEqual(MAX_SPANS);
    expect(queue.held.bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(exporter.violations).toEqual([]);
    expect(counts).not.toHaveProperty("internal_errors");
  }
}

test("fragments stay whole, counted and within bounds", async () => {
  // About a hundred spans fill the bytes, so that both bounds are met.
  expect(bytesOf(fragmentOf("10", 1400))).toBeGreaterThan(MAX_BYTES * 0.9);
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 300 });
}, 60_000);

test("all that fits arrives, in order, when the exporter does well in the end", async () => {
  // Shorter than it takes until a fragment that failed alone is put aside.
  const few = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("add" as const), spans: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant("fail" as const) }),
      fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(1000) }),
    ),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(few, async (given) => {
      const exporter = new WatchedExporter(() => timing.now());
      const { queue, health, timing } = queueOf({ exporter });
      for (const step of given) {
        if (step.kind === "add") {
          const id = exporter.sizes.size;
          exporter.sizes.set(id, step.spans);
          queue.add(fragmentOf(`${id}`, step.spans));
        } else if (step.kind === "fail") await exporter.answer(exporter.open[0], 0);
        else await timing.advance(step.ms);
      }
      for (let i = 0; i < 40 && queue.held.fragments > 0; i++) {
        await exporter.answer(exporter.open[0], undefined);
        await timing.advance(1000);
      }
      expect(exporter.arrived).toEqual([...exporter.sizes.keys()]);
      expect(exporter.violations).toEqual([]);
      expect(health.snapshot()).not.toHaveProperty("fragments_dropped");
      expect(queue.held.fragments).toBe(0);
    }),
    { numRuns: 200 },
  );
}, 60_000);
