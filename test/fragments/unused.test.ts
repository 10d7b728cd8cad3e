// A set-up that gets no spans says why, once, and not before the SDK had a moment to start.
import { expect, test } from "vitest";
import { UnusedSetUp } from "../../src/fragments/unused.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { ManualClock } from "../support/sdk.ts";

class Said extends HealthCounts {
  readonly lines: string[] = [];
  override warn(code: string, message: string): void {
    this.lines.push(`${code} ${message}`);
  }
  override once(_: string, message: string): void {
    this.lines.push(message);
  }
}

function setUp(why: () => string | undefined): {
  lines: readonly string[];
  clock: ManualClock;
  table: { hasSeenSpans: boolean };
  unused: UnusedSetUp;
} {
  const health = new Said();
  const clock = new ManualClock();
  const table = { hasSeenSpans: false };
  return { lines: health.lines, clock, table, unused: new UnusedSetUp({ health, clock, table, why }) };
}

function missTen(unused: UnusedSetUp): void {
  for (let i = 0; i < 10; i++) unused.missed();
}

test("one request is enough, a moment later, and nothing is said twice", () => {
  const { lines, clock, unused } = setUp(() => "the reason");
  unused.missed();
  clock.advance(999);
  expect(lines).toEqual([]);
  clock.advance(1);
  const said = ["ERROR_TREE_NO_SPANS requests are answered, and no span is started for them: the reason"];
  expect(lines).toEqual(said);
  missTen(unused);
  clock.advance(60_000);
  expect(lines).toEqual(said);
});

test("an SDK that starts a moment after the first request is left alone", () => {
  const { lines, clock, table, unused } = setUp(() => "the reason");
  unused.missed();
  table.hasSeenSpans = true;
  clock.advance(1_000);
  missTen(unused);
  clock.advance(1_000);
  expect(lines).toEqual([]);
});

test("a few health checks that the instrumentation ignores are no mistake; of ten requests a log is told", () => {
  const { lines, clock, unused } = setUp(() => undefined);
  for (let i = 0; i < 9; i++) {
    unused.missed();
    clock.advance(1_000);
  }
  expect(lines).toEqual([]);
  unused.missed();
  clock.advance(1_000);
  expect(lines).toEqual([expect.stringMatching(/^10 requests were answered.*ignoreIncomingRequestHook/)]);
});

test("a look that fails harms nobody, and is the last one; none comes after the end", () => {
  const failing = setUp(() => {
    throw new Error("no");
  });
  missTen(failing.unused);
  failing.clock.advance(1_000);
  missTen(failing.unused);
  failing.clock.advance(1_000);
  expect(failing.lines).toEqual([expect.stringMatching(/^internal error in the look for spans/)]);
  const ended = setUp(() => "the reason");
  ended.unused.missed();
  ended.unused.close();
  ended.clock.advance(1_000);
  expect(ended.lines).toEqual([]);
});
