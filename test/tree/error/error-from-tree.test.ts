// An error tree as an error: which failures are its causes, what its stack says, and that a hostile tree does no harm.
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorBeneathRoot, errorFromTree } from "../../../src/tree/error/error-from-tree.ts";
import { type ErrorTree, rootCauseOf, type TreeNode } from "../../../src/tree/tree.ts";
import { errorTrees } from "../../support/arbitrary-tree.ts";
import { node } from "../../support/nodes.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

function treeOf(root: TreeNode, omitted = 0): ErrorTree {
  return { traceId: TRACE, omitted, root };
}

/** Every error beneath one and itself. */
function all(error: Error): Error[] {
  const { cause, errors = [] } = error as { cause?: Error; errors?: Error[] };
  return [error, ...(cause === undefined ? errors : [cause, ...errors]).flatMap(all)];
}

function chain(error: unknown): string[] {
  const names: string[] = [];
  for (let one = error as Error | undefined; one !== undefined; one = one.cause as Error)
    names.push(one.message);
  return names;
}

describe("the causes of an error", () => {
  test("are the failures beneath, down to the root cause", () => {
    const tree = treeOf(
      node("a", { message: "1" }, node("b", { message: "2" }, node("c", { message: "3" }))),
    );
    expect(chain(errorFromTree(tree))).toEqual(["1", "2", "3"]);
    expect(chain(errorBeneathRoot(tree))).toEqual(["2", "3"]);
  });

  test("are no failures that were survived, handled or pending", () => {
    const root = node(
      "a",
      { message: "1" },
      node("ads", { survived: true }),
      node("handled", { code: "ok" }, node("beneath")),
      node("slow", { code: "ok", pending: true }),
      node("prices", { message: "2" }),
    );
    expect(chain(errorFromTree(treeOf(root)))).toEqual(["1", "2"]);
  });

  test("are the likeliest alone if all were survived", () => {
    const root = node(
      "a",
      { message: "1" },
      node("b", { survived: true }),
      node("c", { message: "2", survived: true }),
    );
    expect(chain(errorFromTree(treeOf(root)))).toEqual(["1", "2"]);
  });

  test("are none if the node is the root cause", () => {
    const root = node("a", { message: "1", own: true }, node("b", { message: "2" }));
    expect(chain(errorFromTree(treeOf(root)))).toEqual(["1"]);
    expect(errorBeneathRoot(treeOf(root))).toBeUndefined();
  });

  test("are the errors of an AggregateError if there are several, in their order", () => {
    const root = node("a", { message: "1" }, node("b", { message: "2" }), node("c", { message: "3" }));
    const error = errorFromTree(treeOf(root)) as unknown as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors.map(({ message }) => message)).toEqual(["2", "3"]);
    expect(error.cause).toBeUndefined();
  });

  test("begin with those of the node's own error, unless they are nodes beneath", () => {
    const causes = ["TypeError: fetch failed", "ECONNREFUSED: connect ECONNREFUSED"];
    const beneath = node("a", {
      errorType: "ECONNREFUSED",
      message: "connect ECONNREFUSED",
      unanswered: true,
    });
    const error = errorFromTree(treeOf(node("a", { message: "no", causes }, beneath)));
    expect(chain(error)).toEqual(["no", "fetch failed", "connect ECONNREFUSED"]);
  });

  test("are those of what failed beneath if the root has not failed", () => {
    const root = node("a", { code: "ok", operation: "GET /" }, node("b", { message: "2" }));
    expect(chain(errorFromTree(treeOf(root)))).toEqual(["2"]);
    const both = errorFromTree(treeOf(node("a", { code: "ok", operation: "GET /" }, node("b"), node("c"))));
    expect(both).toMatchObject({ name: "AggregateError", message: "2 failures beneath a GET /" });
  });
});

describe("the stack of an error", () => {
  test("has the frames of the node, innermost first, and its operation with the code", () => {
    const root = node("bank", {
      errorType: "AuthError",
      message: "no login",
      at: "request handler",
      frames: ["openLedger (src/ledger.ts:7:9)", "async src/bank.ts:3:4", "Shop.Get (/src/Orders.cs:42)"],
      code: "permission-denied",
      count: 3,
      hops: 2,
    });
    expect(errorFromTree(treeOf(root)).stack?.split("\n")).toEqual([
      "AuthError: no login",
      "    at openLedger (remote://bank/src/ledger.ts:7:9)",
      "    at async remote://bank/src/bank.ts:3:4",
      "    at Shop.Get (remote://bank/src/Orders.cs:42)",
      "    at request handler (remote://bank)",
      "    at GET / [permission-denied ×3] (remote://bank)",
      "    at (what was called in between is left out)",
    ]);
  });

  test("names no file of this machine, whatever a peer calls its frames and operations", () => {
    // How Sentry reads a line of a stack: it then shows lines of that file.
    const line = /at (?:async )?(?:(.+?)\s+\()?(?:(.+):(\d+):(\d+)?|([^)]+))\)?/;
    const file = "/etc/passwd:1:1";
    const texts = [
      `x (${file}`,
      `x (${file})`,
      `f (${file}) y (z.ts:1:1)`,
      `f\u00a0(${file})`,
      `async x (${file})`,
      file,
    ];
    for (const text of [...texts, `f (${file}${" ".repeat(300)}`]) {
      const { stack = "" } = errorFromTree(
        treeOf(node("bank", { operation: text, at: text, frames: [text] })),
      );
      const [, ...lines] = stack.split("\n");
      expect(lines).toHaveLength(3);
      for (const one of lines) {
        const [, , place, , , other] = line.exec(one) ?? [];
        expect(place ?? other, one).toMatch(/^remote:\/\/bank/);
      }
    }
    const { stack } = errorFromTree(treeOf(node("bank", { frames: ["page (app/(group)/page.tsx:3:4)"] })));
    expect(stack).toContain("at page (remote://bank/app/(group)/page.tsx:3:4)");
  });

  test("does not call remote what ran in this process", () => {
    const root = node("shop", {
      spanId: "00f067aa0ba902b7",
      frames: ["f (src/shop.ts:7:9)"],
      peer: "postgresql",
    });
    expect(errorFromTree(treeOf(root)).stack?.split("\n").slice(1)).toEqual([
      "    at f (src/shop.ts:7:9)",
      "    at GET / -> postgresql [internal] (local://shop)",
    ]);
  });

  test("cannot be forged by a message, a name or a service", () => {
    const evil = "x\n    at login (/app/auth.js:1:1)";
    const { stack = "" } = errorFromTree(
      treeOf(node(evil, { message: evil, errorType: evil, operation: evil })),
    );
    expect(stack.split("\n")).toHaveLength(2);
  });

  test.each([
    [{ code: "unavailable", unanswered: true }, "GET / unavailable: no response"],
    [{ code: "unavailable", opaque: true }, "GET / unavailable: the callee did not say why"],
    [{ code: "unknown" }, "GET / failed"],
    [{ errorType: "not a name", message: "why" }, "not a name: why"],
    [{ errorType: "Error", message: "" }, ""],
  ] as const)("begins with what is known of %j", (fields, message) => {
    expect(errorFromTree(treeOf(node("a", fields))).message).toBe(message);
  });
});

test("an error says the same as data: at the first one the trace, and what is missing", () => {
  const error = errorFromTree(treeOf(node("a", {}, node("b", { count: 2 })), 7));
  expect(error.errorTree).toEqual({
    service: "a",
    operation: "GET /",
    code: "internal",
    traceId: TRACE,
    omitted: 7,
  });
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({
    name: "Error",
    cause: { errorTree: { service: "b", operation: "GET /", code: "internal", count: 2 } },
  });
});

test("a chain deeper than node prints is printed whole", () => {
  const deep = (left: number): TreeNode => node(`s${left}`, {}, ...(left === 0 ? [] : [deep(left - 1)]));
  expect(inspect(new Error("own", { cause: errorFromTree(treeOf(deep(20))) }))).toContain("remote://s0)");
});

test("a tree of 100,000 levels and one of 10,000 siblings are cut, say how much is missing, and keep the root cause", () => {
  let root = node("end", { message: "the cause" });
  for (let i = 0; i < 100_000; i++) root = node("a", {}, root);
  const deep = errorFromTree(treeOf(root));
  expect([all(deep).length, deep.errorTree.omitted]).toEqual([32, 100_001 - 32]);
  expect(chain(deep).at(-1)).toBe("the cause");
  const children = Array.from({ length: 10_000 }, (_, i) =>
    node("b", { message: `${i}`, way: i === 9_999 || undefined } as never),
  );
  const wide = errorFromTree(treeOf(node("a", {}, ...children)));
  expect([all(wide).length, wide.errorTree.omitted]).toEqual([64, 10_001 - 64]);
  expect(all(wide).at(-1)?.message).toBe("9999");
});

test("of any tree the text is bounded, the root cause is there, and nothing throws", () => {
  fc.assert(
    fc.property(errorTrees({ depth: 6, width: 3 }), fc.nat(100_000), (tree, length) => {
      const long = { ...tree, root: { ...tree.root, message: "m".repeat(length) } };
      const error = errorFromTree(long);
      const errors = all(error);
      expect(errors.reduce((sum, { stack = "" }) => sum + stack.length, 0)).toBeLessThan(100_000);
      expect(inspect(error).length).toBeGreaterThan(0);
      const { node: cause } = rootCauseOf(long.root);
      const isThere = errors.some(
        ({ stack = "" }) =>
          stack.includes(`[${cause.code}`) || cause.code === "unknown" || cause.code === "ok",
      );
      expect(isThere).toBe(true);
      JSON.stringify(error);
    }),
    { numRuns: 100 },
  );
});

test("a node may have very many failures beneath it", () => {
  const root = node("a", {}, ...Array.from({ length: 3_000 }, () => node("b")));
  const wide = { ...root, children: Array.from({ length: 100 }, () => root.children).flat() };
  expect(errorFromTree(treeOf(wide)).errorTree.omitted).toBe(300_001 - 64);
});
