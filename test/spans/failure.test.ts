// An inner span fails by the same signs as any other: what is cheaper to ask for it leaves none of them out.
import fc from "fast-check";
import { expect, test } from "vitest";
import { hasFailed } from "../../src/spans/failure.ts";
import { SPAN_STATUSES } from "../../src/spans/otel.ts";
import { READ_ATTRIBUTES } from "../../src/spans/span-record.ts";

const VALUES: readonly unknown[] = [
  undefined,
  200,
  500,
  "404",
  "ERROR",
  "OK",
  "UNAVAILABLE",
  14,
  true,
  false,
  "",
];

test("whichever attribute says that a span failed", () => {
  for (const name of READ_ATTRIBUTES) {
    for (const value of VALUES) {
      for (const status of SPAN_STATUSES) {
        const span = { attributes: { [name]: value }, events: [], ended: true };
        expect([name, value, hasFailed(status, "internal", span)]).toEqual([
          name,
          value,
          hasFailed(status, "consumer", span),
        ]);
      }
    }
  }
});

test("whatever else it says", () => {
  const names = fc.constantFrom(...READ_ATTRIBUTES);
  const attributes = fc.dictionary(names, fc.constantFrom(...VALUES), { noNullPrototype: true });
  const events = fc.subarray([{ name: "exception" }, { name: "log" }, { name: "error" }]);
  fc.assert(
    fc.property(
      fc.constantFrom(...SPAN_STATUSES),
      attributes,
      events,
      fc.boolean(),
      (status, a, e, ended) => {
        const span = { attributes: a, events: e, ended };
        expect(hasFailed(status, "internal", span)).toBe(hasFailed(status, "consumer", span));
      },
    ),
  );
});
