// A later call proves that a failure was survived: against a slow search, and with no more steps than n log n.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Failure, type Unit, wentOn } from "../../../src/tree/cause/going-on.ts";

const NEVER = Number.POSITIVE_INFINITY;

const units: fc.Arbitrary<Unit[]> = fc.array(
  fc.record({ start: fc.nat(12), takes: fc.nat(6), isBranch: fc.boolean(), proves: fc.nat(3) }).map(
    ({ start, takes, isBranch, proves }): Unit => ({
      start,
      end: start + takes,
      isBranch,
      afterFault: proves >= 2 ? start : NEVER,
      afterRejection: proves >= 1 ? start : NEVER,
    }),
  ),
  { minLength: 1, maxLength: 9 },
);

/** By the words of the principle, one failure and one call at a time. */
function slowly(all: readonly Unit[], { unit, start, end, stops }: Failure, told: number): boolean {
  const open = all.filter(
    (one, i) =>
      i !== unit && one.isBranch && one.start < end && (start < end ? one.end >= end : one.end > end),
  );
  return all.some((one, i) => {
    const call = stops ? one.afterFault : one.afterRejection;
    if (i === unit || one.start < end || call >= told) return false;
    return !open.some((branch) => branch.end <= call);
  });
}

test("what is found is what the words say", () => {
  fc.assert(
    fc.property(units, fc.boolean(), fc.nat(20), (all, stops, told) => {
      const failures = all.map((one, unit): Failure => ({ unit, start: one.start, end: one.end, stops }));
      expect(wentOn(all, failures, told)).toEqual(failures.map((failure) => slowly(all, failure, told)));
    }),
    { numRuns: 2000 },
  );
});

test("twice as many calls take little more than twice the comparisons", () => {
  const counted = (n: number): number => {
    let looks = 0;
    const all = Array.from({ length: n }, (_, i): Unit => {
      const start = i % 7 === 0 ? i : i * 2;
      return {
        get start() {
          looks++;
          return start;
        },
        end: start + (i % 5),
        isBranch: true,
        afterFault: start,
        afterRejection: start,
      };
    });
    const failures = all.map((_, unit): Failure => ({ unit, start: unit, end: unit + 3, stops: true }));
    wentOn(all, failures, NEVER);
    return looks;
  };
  expect(counted(8000) / counted(4000)).toBeLessThan(2.4);
});
