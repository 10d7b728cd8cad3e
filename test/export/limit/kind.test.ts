// Which failing trees are of one kind.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kindOf, sampleOf } from "../../../src/export/limit/kind.ts";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";
import { errorTrees } from "../../support/arbitrary-tree.ts";

function node(fields: Partial<TreeNode> = {}): TreeNode {
  return { service: "shop", operation: "GET /cart", code: "internal", count: 1, children: [], ...fields };
}

function treeOf(root: TreeNode): ErrorTree {
  return { traceId: "0af7651916cd43dd8448eb211c80319c", root, omitted: 0 };
}

/** Nodes one beneath the other, the first on top. */
function line(...nodes: readonly Partial<TreeNode>[]): ErrorTree {
  const [last, ...above] = nodes.toReversed();
  let beneath = node(last);
  for (const fields of above) beneath = node({ ...fields, children: [beneath] });
  return treeOf(beneath);
}

const stock = { service: "stock", operation: "GET /items", code: "unavailable" } as const;
const database = {
  service: "stock",
  operation: "SELECT",
  code: "unavailable",
  errorType: "ECONNREFUSED",
} as const;

describe("one kind are trees that differ", () => {
  const base = line({}, stock, database);

  test.each<[what: string, other: ErrorTree]>([
    ["in messages", line({ message: "a" }, { ...stock, message: "b" }, { ...database, message: "c" })],
    ["in trace", { ...base, traceId: "ffffffffffffffffffffffffffffffff" }],
    ["in what was left out", { ...base, omitted: 7 }],
    ["in frames", line({ frames: ["at f (f.js:1:1)"] }, stock, database)],
    ["in span ids", line({ spanId: "00f067aa0ba902b7" }, stock, database)],
    ["in count", line({ count: 3 }, stock, database)],
    ["in marks", line({ abandoned: true, exported: true }, stock, { ...database, unanswered: true })],
    [
      "beside the path to the cause",
      treeOf(node({ children: [...base.root.children, node({ operation: "GET /prices" })] })),
    ],
    [
      "in a failure that was survived",
      treeOf(node({ children: [node({ operation: "GET /prices", survived: true }), ...base.root.children] })),
    ],
    ["in how often a service called itself in a line", line({}, stock, stock, stock, database)],
  ])("%s", (_, other) => {
    expect(kindOf(other)).toBe(kindOf(base));
  });

  test.each([
    ["GET /orders/4711", "GET /orders/12"],
    ["order4711", "order12"],
    ["job-7-of-12", "job-10-of-12"],
    ["GET /users/6f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c", "GET /users/deadbeef-cafe-4bad-beef-feedfacecafe"],
    ["GET /blobs/9f86d081884c7d65", "GET /blobs/facadefacadefaca"],
    ["GET /blobs/9F86D081", "GET /blobs/1a"],
    ["GET /orders/2489915069323", "GET /orders/4711"],
    ["build 2024-01-31T10:00:00Z", "build 2025-12-01T23:59:59Z"],
    ["GET /files/01HZX3M7Q2K8V5N4T6W9YBCDEF", "GET /files/01J0A9ZK3S7P5R2M8X4C6VQWEN"],
    [`INSERT ${"x".repeat(2000)} a`, `INSERT ${"x".repeat(2000)} b`],
  ])("in ids: %s, %s", (a, b) => {
    expect(kindOf(line({ operation: a }))).toBe(kindOf(line({ operation: b })));
    expect(kindOf(line({}, { operation: a }))).toBe(kindOf(line({}, { operation: b })));
    expect(kindOf(line({}, { service: a }))).toBe(kindOf(line({}, { service: b })));
  });

  test("in an id of any kind", () => {
    const hex = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(..."0123456789abcdef") });
    const cases: [fc.Arbitrary<string>, string][] = [
      [fc.uuid(), "6f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c"],
      [hex, "9f86d081"],
      [fc.nat().map(String), "0"],
    ];
    for (const [ids, one] of cases) {
      const expected = kindOf(line({ operation: `PUT /a/${one}/b` }));
      fc.assert(
        fc.property(ids, (id) => {
          expect(kindOf(line({ operation: `PUT /a/${id}/b` }))).toBe(expected);
        }),
      );
    }
  });
});

describe("another kind are trees that differ", () => {
  const base = line({}, stock, database);

  test.each<[what: string, other: ErrorTree]>([
    ["in the root's operation", line({ operation: "POST /cart" }, stock, database)],
    ["in the root's code", line({ code: "unavailable" }, stock, database)],
    ["in a service on the path", line({}, { ...stock, service: "stocks" }, database)],
    ["in an operation on the path", line({}, { ...stock, operation: "GET /items/:id" }, database)],
    ["in a code on the path", line({}, { ...stock, code: "internal" }, database)],
    ["in the cause's error type", line({}, stock, { ...database, errorType: "ECONNRESET" })],
    ["in the cause's SQLSTATE", line({}, stock, { ...database, errorType: "42703" })],
    ["in where the path ends", line({}, stock)],
    ["in where the path begins", treeOf(base.root.children[0] as TreeNode)],
    ["in a step between", line({}, stock, { service: "cache" }, database)],
    [
      "in which failure is the cause",
      treeOf(node({ children: [node({ operation: "GET /prices" }), ...base.root.children] })),
    ],
  ])("%s", (_, other) => {
    expect(kindOf(other)).not.toBe(kindOf(base));
  });

  test("in a SQLSTATE, digits and all", () => {
    expect(kindOf(line({ errorType: "42703" }))).not.toBe(kindOf(line({ errorType: "42601" })));
  });

  test.each([
    ["GET /orders/:id", "GET /orders"],
    ["GET /facade", "GET /decade"],
    ["GET /added", "GET /bad"],
    ["GET /a", "GET /b"],
    ["GET /a/1", "GET /b/1"],
    ["GET /a#", "GET /a1"],
    ["GET /ä", "GET /ö"],
    ["a-b", "ab"],
    ["order#", "order7"],
    ["getCustomerOfTheYear2024", "getOrdersOfTheYear2024"],
  ])("in words: %s, %s", (a, b) => {
    expect(kindOf(line({ operation: a }))).not.toBe(kindOf(line({ operation: b })));
  });

  test("in where one field ends and the next begins", () => {
    const a = line({ service: "ab", operation: "c" });
    const b = line({ service: "a", operation: "bc" });
    expect(kindOf(a)).not.toBe(kindOf(b));
    const typed = line({ operation: "a", errorType: "" });
    expect(kindOf(typed)).toBe(kindOf(line({ operation: "a" })));
  });

  test("a hundred thousand of them have as many kinds", () => {
    const letters = "ghijklmnopqrstuvwxyz";
    const kinds = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      let operation = "";
      for (let rest = i; operation.length < 5; rest = Math.floor(rest / 20)) operation += letters[rest % 20];
      kinds.add(kindOf(line({ operation })));
    }
    expect(kinds.size).toBe(100_000);
  });
});

describe("whatever the tree", () => {
  test("a kind is a safe integer, and the same each time", () => {
    fc.assert(
      fc.property(errorTrees(), (tree) => {
        const kind = kindOf(tree);
        expect(Number.isSafeInteger(kind)).toBe(true);
        expect(kind).toBeGreaterThanOrEqual(0);
        expect(kindOf(structuredClone(tree))).toBe(kind);
      }),
    );
  });

  test("a path too deep to look at whole is known by its ends", () => {
    const path = Array.from({ length: 100_000 }, (_, i) => ({
      operation: i % 2 === 0 ? "GET /a" : "GET /b",
    }));
    expect(kindOf(line(...path))).toBe(kindOf(line(...path.slice(0, 99_998))));
    const forty = path.slice(0, 40);
    const first = line({ operation: "GET /first" }, ...forty.slice(1));
    const last = line(...forty.slice(0, -1), { operation: "GET /last" });
    const middle = line(...forty.slice(0, 20), { operation: "GET /middle" }, ...forty.slice(21));
    const kind = kindOf(line(...forty));
    expect(kindOf(first)).not.toBe(kind);
    expect(kindOf(last)).not.toBe(kind);
    expect(kindOf(middle)).toBe(kind);
  });
});

describe("a sample", () => {
  test("tells root, cause and fingerprint", () => {
    expect(sampleOf(line({}, stock, database))).toEqual({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      service: "shop",
      operation: "GET /cart",
      code: "internal",
      cause: { service: "stock", operation: "SELECT", code: "unavailable", errorType: "ECONNREFUSED" },
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test("of a tree of one node has the root as its cause, and no error type where there is none", () => {
    const { cause } = sampleOf(line({}));
    expect(cause).toEqual({ service: "shop", operation: "GET /cart", code: "internal" });
  });

  test("is small, whatever the tree", () => {
    const long = "é".repeat(100_000);
    const fields = { service: long, operation: long, errorType: long } as const;
    const sample = sampleOf({ ...line(fields, fields), traceId: long });
    expect(JSON.stringify(sample).length).toBeLessThan(1200);
    expect(sample.operation).toMatch(/^é+…$/);
  });
});
