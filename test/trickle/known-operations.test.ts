// What is remembered of operations is bounded, and those in use keep their places.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownOperations, MOST_OPERATIONS, MOST_SHAPES } from "../../src/trickle/known-operations.ts";

const KEPT_MS = 1_000;

test("an operation is found by what its requests looked like, the last one that looked so counts", () => {
  const known = new KnownOperations(KEPT_MS);
  const orders = known.learn("GET /orders/:id", "1 GET /orders/*", 0);
  expect(orders).toBe(known.named("GET /orders/:id"));
  expect(known.ofShape("1 GET /orders/*")).toBe(orders);
  expect(known.ofShape("1 GET /carts/*")).toBeUndefined();
  const other = known.learn("GET /orders/:number", "1 GET /orders/*", 0);
  expect(known.ofShape("1 GET /orders/*")).toBe(other);
  expect(orders?.shapes.size).toBe(0);
});

describe("a route that takes any path", () => {
  test("fills places of its own alone", () => {
    const known = new KnownOperations(KEPT_MS);
    const orders = known.learn("GET /orders/:id", "1 GET /orders/*", 0);
    for (let i = 0; i < 10_000; i++) known.learn("GET /*", `1 GET /any${i}/${i}/x`, i);
    expect(known.ofShape("1 GET /orders/*")).toBe(orders);
    expect(known.size).toEqual({ operations: 2, shapes: 1 + MOST_SHAPES });
  });
});

describe("if there is no room for another operation", () => {
  const full = (): KnownOperations => {
    const known = new KnownOperations(KEPT_MS);
    for (let i = 0; i < MOST_OPERATIONS; i++) known.learn(`job ${i}`, `0 job ${i}`, i);
    return known;
  };

  test("those in use stay, and the new one is not learned", () => {
    const known = full();
    expect(known.learn("another", "0 another", KEPT_MS - 1)).toBeUndefined();
    expect(known.ofShape("0 another")).toBeUndefined();
    expect(known.named("job 0")).toBeDefined();
  });

  test("the one that was not seen for longest goes, with its shapes", () => {
    const known = full();
    known.learn("job 0", "0 job 0", KEPT_MS);
    expect(known.learn("another", "0 another", KEPT_MS + 1)).toBeDefined();
    expect([known.named("job 1"), known.ofShape("0 job 1")]).toEqual([undefined, undefined]);
    expect(known.named("job 0")).toBeDefined();
    expect(known.size).toEqual({ operations: MOST_OPERATIONS, shapes: MOST_OPERATIONS });
  });
});

test("the tables are bounded whatever is learned, and what was learned last is found", () => {
  const part = fc.oneof(fc.constantFrom("a", "b", "c", "*"), fc.string());
  const shape = fc.array(part, { maxLength: 3 }).map((parts) => `1 GET /${parts.join("/")}`);
  const name = fc.oneof(fc.nat(2 * MOST_OPERATIONS).map(String), fc.constantFrom("one", "two"));
  const lessons = fc.array(fc.tuple(name, shape, fc.nat(50)), { maxLength: 400, size: "max" });
  fc.assert(
    fc.property(lessons, (all) => {
      const known = new KnownOperations(KEPT_MS);
      let now = 0;
      for (const [one, looks, pause] of all) {
        now += pause;
        const operation = known.learn(one, looks, now);
        if (operation !== undefined) expect(known.ofShape(looks)).toBe(operation);
        expect(known.size.operations).toBeLessThanOrEqual(MOST_OPERATIONS);
        expect(known.size.shapes).toBeLessThanOrEqual(MOST_OPERATIONS * MOST_SHAPES);
        expect(operation?.shapes.size ?? 0).toBeLessThanOrEqual(MOST_SHAPES);
      }
    }),
    { numRuns: 25 },
  );
});
