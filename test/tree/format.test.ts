import { describe, expect, it } from "vitest";
import { buildTrees } from "../../src/tree/build.ts";
import { fingerprintOf } from "../../src/tree/fingerprint.ts";
import { formatTree } from "../../src/tree/format.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { node } from "../support/nodes.ts";
import { recordsOf, semanticsCases } from "../support/semantics.ts";

function caseTree(name: string): ErrorTree {
  const test = semanticsCases().find((candidate) => candidate.name.startsWith(name));
  const [tree] = test === undefined ? [] : buildTrees(recordsOf(test));
  if (tree === undefined) throw new Error(`no tree in the case ${name}`);
  return tree;
}

describe("formatTree", () => {
  it("prints the causal chain with drift and marks the root cause", () => {
    expect(formatTree(caseTree("the lab's fail-close run"))).toBe(
      [
        "failed: root GET / not-found",
        "└─ service-b GET / not-found  [drift permission-denied -> not-found]",
        "   └─ service-e GET / permission-denied  <- root cause",
      ].join("\n"),
    );
  });

  it("prints siblings, marks, frames and what was left out", () => {
    const root = node("a", {
      children: [
        node("b", {
          peer: "db",
          errorType: "E",
          message: "m",
          survived: true,
          frames: ["f (x.ts:1:2)"],
          causes: ["E: c\n"],
        }),
        node("c", { count: 3, hops: 2, children: [node("d", { at: "step", unanswered: true, attempt: 2 })] }),
      ],
    });
    expect(formatTree({ traceId: "", root, omitted: 2 })).toBe(
      [
        "failed: a GET / internal",
        "├─ b GET / -> db internal: E: m  [survived]",
        "│       at f (x.ts:1:2)",
        "│       caused by: E: c\\x0a",
        "└─ (2 hops) c GET / internal ×3",
        "   └─ d GET / at step internal  [attempt 2, no response]  <- root cause",
        "(2 more nodes left out)",
      ].join("\n"),
    );
  });

  it("does not let a message forge a line or move the cursor", () => {
    const text = formatTree({ traceId: "", omitted: 0, root: node("a", { message: "x\n\u001b[2Jy" }) });
    expect(text).toBe("failed: a GET / internal: x\\x0a\\x1b[2Jy  <- root cause");
  });

  it("prints a chain of 10,000 nodes without running out of stack or memory", () => {
    let root = node("end");
    for (let i = 0; i < 10_000; i++) root = node("s", { children: [root] });
    const text = formatTree({ traceId: "", omitted: 0, root });
    expect(text.split("\n")).toHaveLength(10_001);
    expect(text.length).toBeLessThan(3_000_000);
  });
});

describe("fingerprintOf", () => {
  it("is the same for other messages, other orders and more of the same", () => {
    const one = node("a", { children: [node("b", { message: "1" }), node("c")] });
    const two = node("a", {
      children: [node("c"), node("b", { message: "2" }), node("b", { message: "3" })],
    });
    expect(fingerprintOf(one)).toBe(fingerprintOf(two));
    expect(fingerprintOf(one)).toMatch(/^[0-9a-f]{16}$/);
  });

  it("differs with service, operation, code, error type and structure", () => {
    const all = [
      node("a"),
      node("b"),
      node("a", { operation: "x" }),
      node("a", { code: "unknown" }),
      node("a", { errorType: "E" }),
      node("a", { children: [node("a")] }),
      node("a", { children: [node("a", { children: [node("a")] })] }),
    ];
    expect(new Set(all.map(fingerprintOf)).size).toBe(all.length);
  });
});
