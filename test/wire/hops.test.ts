// Trees on their way through many services: each reads what came, hangs it beneath its own node, and answers in turn.
import { describe, expect, test } from "vitest";
import { countNodes, type ErrorTree, rootCauseOf, type TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer, Ask } from "../../src/wire/messages.ts";

const ASK: Ask = { id: "00f067aa0ba902b7", from: "caller", json: false };
const BYTES = 1024;
const codec = createAnswerCodec();

function failed(service: string, children: readonly TreeNode[], message = ""): TreeNode {
  const text = message === "" ? undefined : { message };
  return { service, operation: "GET /orders/:id", code: "internal", count: 1, ...text, children };
}

/** What the caller reads of an answer, and what it took. */
function handedUp(root: TreeNode, omitted: number, bytes = BYTES): ErrorTree {
  const tree = { traceId: "", root, omitted };
  const outcome: Answer = { service: root.service, code: root.code, exported: false, tree };
  const answer = codec.encode(outcome, ASK, { treeBytes: bytes, minimalBytes: 64 });
  expect(answer?.value.length).toBeLessThanOrEqual(bytes);
  expect(answer?.minimal).toBe(false);
  const read = codec.decode(answer?.value as string, ASK.id, "");
  if (typeof read === "string" || read.tree === undefined) throw new Error(`no tree: ${answer?.value}`);
  expect(countNodes(read.tree.root) + read.tree.omitted).toBe(countNodes(root) + omitted);
  return read.tree;
}

function causeOf(tree: ErrorTree): string {
  return rootCauseOf(tree.root).node.service;
}

describe("over many hops", () => {
  test("10,000 siblings keep the first root cause and the exact number", () => {
    const siblings = Array.from({ length: 10_000 }, (_, i) => failed(`s${i}`, [], `request ${i} failed`));
    let tree = handedUp(failed("wide", siblings), 0);
    for (let hop = 0; hop < 30; hop++) tree = handedUp(failed(`hop${hop}`, [tree.root]), tree.omitted);
    expect(causeOf(tree)).toBe("s0");
    expect(countNodes(tree.root) + tree.omitted).toBe(10_001 + 30);
  });

  test("10,000 siblings beneath ten services each time keep it too", () => {
    let tree: ErrorTree = { traceId: "", root: failed("cause", [], "out of memory"), omitted: 0 };
    for (let hop = 0; hop < 10; hop++) {
      const others = Array.from({ length: 1000 }, (_, i) =>
        failed(`h${hop}s${i}`, [], `request ${i} failed`),
      );
      tree = handedUp(failed(`hop${hop}`, [tree.root, ...others]), tree.omitted);
    }
    expect(causeOf(tree)).toBe("cause");
    expect(countNodes(tree.root) + tree.omitted).toBe(1 + 10 * 1001);
  });

  test("a depth of 5,000 in one service, handed up ten times, keeps the first root cause", () => {
    let root = failed("cause", [], "out of memory");
    for (let i = 1; i < 5000; i++) root = failed(`s${i}`, [root]);
    let tree = handedUp(root, 0);
    for (let hop = 0; hop < 10; hop++) tree = handedUp(failed(`hop${hop}`, [tree.root]), tree.omitted);
    expect(causeOf(tree)).toBe("cause");
    expect(countNodes(tree.root) + tree.omitted).toBe(5010);
  });

  test("5,000 hops, each one service deeper, keep it too", () => {
    let tree: ErrorTree = { traceId: "", root: failed("cause", [], "out of memory"), omitted: 0 };
    for (let hop = 1; hop < 5000; hop++) {
      // A kilobyte is full after 200 hops. From the 300th on every service has a bound of its own.
      const bytes = hop < 300 ? BYTES : 256 + ((hop * 97) % 769);
      tree = handedUp(failed(`s${hop}`, [tree.root]), tree.omitted, bytes);
    }
    expect(causeOf(tree)).toBe("cause");
    expect(tree.root.service).toBe("s4999");
    expect(countNodes(tree.root) + tree.omitted).toBe(5000);
  }, 60_000);
});
