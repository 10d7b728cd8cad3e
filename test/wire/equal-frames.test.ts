// Trees whose nodes have the same stack frames: many numbers of strings that pack into few bytes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countNodes, nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { readValue, ValueWriter } from "../../src/wire/binary/value.ts";
import { DEFAULT_LIMITS } from "../../src/wire/limits.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";
import { ID, WIDE } from "../support/wire/wire-trees.ts";

const FRAMES = Array.from({ length: 5 }, (_, i) => `step${i} (/srv/app/pay.js:${i}0:7)`);
const codec = createAnswerCodec();

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Nodes in a row, all with the same frames. */
const flat = (rows: number): TreeNode =>
  node("root", {}, ...many(rows, () => node("leaf", { frames: FRAMES })));

/** Children with failing children of their own, only these with frames. */
const nested = (rows: number, leaves: number): TreeNode =>
  node("root", {}, ...many(rows, (i) => node(`s${i}`, {}, ...flat(leaves).children)));

const shapes: [string, TreeNode][] = [
  ["one row of 293 nodes", flat(293)],
  ["one row of 300 nodes", flat(300)],
  ["ten children with 30 children each", nested(10, 30)],
];

describe.each(shapes)("%s with five equal frames", (_, root) => {
  test.each([1024, 2048])("loses the frames before any node in %i bytes", (treeBytes) => {
    const answer = codec.encode(answerOf(root), { id: ID, json: false }, { treeBytes, minimalBytes: 64 });
    const read = codec.decode(answer?.value as string, ID, "") as Answer;
    expect(answer?.minimal).toBe(false);
    expect(countNodes(read.tree?.root as TreeNode)).toBe(countNodes(root));
    expect([...nodesOf(read.tree?.root as TreeNode)].some(({ frames }) => frames)).toBe(false);
  });

  test("is read whole from who sends the frames", () => {
    const value = new ValueWriter(WIDE).write({ traceId: "", root, omitted: 0 }, ID, 2048) as string;
    expect(readValue(value, "", DEFAULT_LIMITS)?.root).toStrictEqual(root);
  });
});

test("no tree of equal frames and causes is malformed for its reader", () => {
  const sizes = { rows: fc.nat(40), leaves: fc.nat(30), frames: fc.nat(12), causes: fc.nat(12) };
  fc.assert(
    fc.property(fc.record(sizes), fc.integer({ min: 64, max: 2048 }), (size, treeBytes) => {
      const texts = (prefix: string, count: number): string[] => many(count, (i) => `${prefix}${i}`);
      const leaf = node("leaf", {
        ...(size.frames > 0 ? { frames: texts("f", size.frames) } : undefined),
        ...(size.causes > 0 ? { causes: texts("c", size.causes) } : undefined),
      });
      const row = node("row", {}, ...many(size.leaves, () => leaf));
      const root = node("root", {}, ...many(size.rows, () => row));
      const answer = codec.encode(answerOf(root), { id: ID, json: false }, { treeBytes, minimalBytes: 64 });
      const read = codec.decode(answer?.value as string, ID, "");
      if (typeof read === "string") throw new Error(read);
      expect(countNodes(read.tree?.root as TreeNode) + (read.tree?.omitted ?? 0)).toBe(countNodes(root));
    }),
  );
});
