// A wall clock that is set forward or back: no limit of time comes earlier or later for it.
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SYSTEM_CLOCK } from "../src/clock.ts";
import { Limiter } from "../src/export/limit/limiter.ts";
import { DEFAULTS } from "../src/options/options.ts";
import { builtTree } from "./support/built-tree.ts";
import { FakeExchange, ManualClock, pipelineBench } from "./support/sdk.ts";

const HOUR_MS = 3_600_000;
const failing = (operation: string) => ({
  tree: builtTree({
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    root: { service: "shop", operation, code: "internal" as const, count: 1, children: [] },
    omitted: 0,
  }),
  bucket: "root" as const,
  counted: true,
});

test("the clock that limits go by goes on while the wall clock is set", () => {
  const before = SYSTEM_CLOCK.monotonic();
  const wall = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(wall - HOUR_MS);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(SYSTEM_CLOCK.now()).toBe(wall - HOUR_MS);
  expect(SYSTEM_CLOCK.monotonic()).toBeGreaterThanOrEqual(before);
  expect(SYSTEM_CLOCK.monotonic()).toBeLessThan(before + HOUR_MS);
  expect(Number.isInteger(SYSTEM_CLOCK.monotonic())).toBe(true);
});

describe.each([
  ["back by an hour", -HOUR_MS],
  ["forward by an hour", HOUR_MS],
  ["back to 1970", -1_700_000_000_000],
])("a wall clock set %s", (_, jump) => {
  test("delays no export that waits for a span, and brings none forward", () => {
    const bench = pipelineBench({ settleMs: 5_000 });
    const { span, child } = bench.request(new FakeExchange());
    child("lives on");
    bench.clock.advance(1_000);
    span.setStatus({ code: 2 }).end();
    bench.clock.set(jump);
    bench.clock.advance(4_500);
    expect(bench.sink.accepted).toEqual([]);
    bench.clock.advance(500);
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("keeps a request in memory neither longer nor shorter", () => {
    const bench = pipelineBench({ fragmentTimeoutMs: 60_000 });
    bench.request();
    bench.clock.set(jump);
    bench.clock.advance(59_500);
    expect(bench.pipeline.size).toBe(1);
    bench.clock.advance(500);
    expect([bench.pipeline.size, bench.health.snapshot().fragments_timed_out]).toEqual([0, 1]);
  });

  test.each([
    [900, "cancelled"],
    [1_000, "deadline-exceeded"],
  ])("leaves a call given up after %i of 1000 ms what it was: %s", (afterMs, code) => {
    const bench = pipelineBench();
    const root = bench.arrives();
    bench.clock.advance(7_000);
    const call = root.child("GET", SpanKind.CLIENT);
    bench.clock.set(jump);
    bench.clock.advance(afterMs);
    const hangUp = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    bench.calls.broke(call.id, hangUp, { limitMs: 1_000 });
    call.span.end();
    expect(root.head(500)?.tree?.root.children[0]?.code).toBe(code);
  });

  test("gives a limiter no room, and takes none from it", () => {
    const clock = new ManualClock();
    const limiter = new Limiter({ ...DEFAULTS, firstPerKind: 1, kindIntervalMs: 10_000 }, clock);
    const exported = (): boolean => limiter.decide(failing("GET /")).exported;
    expect(exported()).toBe(true);
    clock.set(jump);
    clock.advance(9_999);
    expect(exported()).toBe(false);
    clock.advance(1);
    expect(exported()).toBe(true);
    expect(exported()).toBe(false);
    clock.set(jump);
    clock.advance(59_999);
    expect(limiter.takeOverdue()).toEqual([]);
    clock.advance(1);
    expect(limiter.takeOverdue()).toMatchObject([{ represents: 1 }]);
  });
});
