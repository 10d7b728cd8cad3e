// Each limit, just inside and just outside, for who writes and for who reads.
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { countNodes, type ErrorTree, type TreeNode } from "../../../src/tree/tree.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import { readBinary } from "../../../src/wire/binary/from-binary.ts";
import { BinaryWriter } from "../../../src/wire/binary/to-binary.ts";
import { readValue, ValueWriter } from "../../../src/wire/binary/value.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../src/wire/limits.ts";
import type { Answer } from "../../../src/wire/messages.ts";
import { join, packedField } from "../../support/wire/wire-bytes.ts";
import { ID, WIDE } from "../../support/wire/wire-trees.ts";

function node(fields: Partial<TreeNode> = {}, ...children: TreeNode[]): TreeNode {
  return { service: "a", operation: "", code: "internal", count: 1, children, ...fields };
}

function treeOf(root: TreeNode): ErrorTree {
  return { traceId: "", root, omitted: 0 };
}

function written(root: TreeNode, limits: Limits): boolean {
  return new BinaryWriter(limits).write(treeOf(root), ID, 1e6) !== undefined;
}

function readable(bytes: Uint8Array, limits: Limits): boolean {
  return readBinary(Buffer.from(bytes), bytes.length, "", limits) !== undefined;
}

/** True where both sides keep to a limit: what one may write the other may read. */
function passes(root: TreeNode, limits: Limits): boolean {
  const bytes = new BinaryWriter(WIDE).write(treeOf(root), ID, 1e6) as Buffer;
  const read = readable(bytes, limits);
  expect(written(root, limits)).toBe(read);
  return read;
}

/** So many nodes in a row, the first as the parent of all others. */
function wide(nodes: number): TreeNode {
  return node({}, ...Array.from({ length: nodes - 1 }, () => node()));
}

/** So many nodes, each the child of the one before. */
function deep(nodes: number): TreeNode {
  let root = node();
  for (let i = 1; i < nodes; i++) root = node({}, root);
  return root;
}

describe("nodes", () => {
  test.each([1, 2, 10, DEFAULT_LIMITS.nodes])("of a limit of %i", (nodes) => {
    const limits = { ...WIDE, nodes };
    expect(passes(wide(nodes), limits)).toBe(true);
    expect(passes(wide(nodes + 1), limits)).toBe(false);
    expect(passes(deep(nodes), limits)).toBe(true);
    expect(passes(deep(nodes + 1), limits)).toBe(false);
  });

  test("are as many as installed, whatever the columns say", () => {
    const columns = [
      "children",
      "services",
      "operations",
      "outcomes",
      "messages",
      "errorTypes",
      "kinds",
    ] as const;
    for (const column of columns) {
      const many = packedField(column, new Array(DEFAULT_LIMITS.nodes + 1).fill(0));
      expect(readable(join(packedField("services", [0]), many), WIDE)).toBe(false);
      expect(readable(join(packedField("services", [0]), many), DEFAULT_LIMITS)).toBe(false);
    }
  });
});

describe("depth", () => {
  test.each([1, 2, 10, DEFAULT_LIMITS.depth])("of a limit of %i", (depth) => {
    const limits = { ...WIDE, depth };
    expect(passes(deep(depth), limits)).toBe(true);
    expect(passes(deep(depth + 1), limits)).toBe(false);
    const beside = node({}, ...Array.from({ length: 3 }, () => node()), deep(depth));
    expect(passes(beside, limits)).toBe(false);
    expect(passes(beside, { ...limits, depth: depth + 1 })).toBe(true);
  });
});

describe("strings", () => {
  const named = (count: number): TreeNode =>
    node({ service: "", frames: Array.from({ length: count }, (_, i) => `f${i}`) });

  test.each([1, 2, 100, DEFAULT_LIMITS.strings])("of a limit of %i", (strings) => {
    const limits = { ...WIDE, strings };
    expect(passes(named(strings), limits)).toBe(true);
    expect(passes(named(strings + 1), limits)).toBe(false);
  });

  test("that are the same are one", () => {
    const limits = { ...WIDE, strings: 1 };
    expect(passes(node({ operation: "a", message: "a", frames: ["a", "a"] }), limits)).toBe(true);
    expect(passes(node({ operation: "b" }), limits)).toBe(false);
    expect(passes(node({}, node(), node()), limits)).toBe(true);
    expect(passes(node({}, node(), node({ service: "b" })), limits)).toBe(false);
  });

  test("are counted in UTF-16 units: cut by who writes, refused by who reads", () => {
    for (const stringChars of [2, 10, DEFAULT_LIMITS.stringChars]) {
      const limits = { ...WIDE, stringChars };
      for (const [text, cut] of [
        ["x".repeat(stringChars + 1), "x".repeat(stringChars)],
        ["é".repeat(stringChars + 1), "é".repeat(stringChars)],
        ["💥".repeat(stringChars / 2 + 1), "💥".repeat(stringChars / 2)],
      ] as const) {
        const bytes = new BinaryWriter(limits).write(treeOf(node({ service: text })), ID, 1e6) as Buffer;
        expect(readBinary(bytes, bytes.length, "", limits)?.root.service).toBe(cut);
        const whole = Buffer.from(
          new BinaryWriter(WIDE).write(treeOf(node({ service: text })), ID, 1e6) as Buffer,
        );
        expect(readable(whole, limits)).toBe(false);
        expect(readable(whole, { ...limits, stringChars: stringChars + 2 })).toBe(true);
      }
    }
  });
});

describe("numbers of one column of lists", () => {
  /** One node with as many numbers in `frames`: the nodes passed over, the length, the strings. */
  const listed = (numbers: number): TreeNode => node({ frames: new Array<string>(numbers - 2).fill("f") });
  const bytes = (numbers: number): Buffer =>
    new BinaryWriter(WIDE).write(treeOf(listed(numbers)), ID, 1e6) as Buffer;

  test.each([10, DEFAULT_LIMITS.valueBytes])("are written up to %i, the bytes of a value", (valueBytes) => {
    const limits = { ...WIDE, valueBytes };
    expect(written(listed(valueBytes), limits)).toBe(true);
    expect(written(listed(valueBytes + 1), limits)).toBe(false);
  });

  test.each([10, DEFAULT_LIMITS.messageBytes])(
    "are read up to %i, the bytes of a message",
    (messageBytes) => {
      const limits = { ...WIDE, valueBytes: 5, messageBytes };
      expect(readable(bytes(messageBytes), limits)).toBe(true);
      expect(readable(bytes(messageBytes + 1), limits)).toBe(false);
    },
  );
});

describe("bytes", () => {
  test("of a value: read up to the limit, written up to the room", () => {
    const value = new ValueWriter(WIDE).write(treeOf(node({ message: "a message" })), ID, 1e6) as string;
    expect(readValue(value, "", { ...WIDE, valueBytes: value.length })).toBeDefined();
    expect(readValue(value, "", { ...WIDE, valueBytes: value.length - 1 })).toBeUndefined();
    expect(new ValueWriter(WIDE).write(treeOf(node({ message: "a message" })), ID, value.length)).toBe(value);
  });

  test("of a value are 2,048 as installed, for both sides", () => {
    const codec = createAnswerCodec();
    const name = (i: number): string => Math.sin(i).toString(36).slice(3);
    const root = node({}, ...Array.from({ length: 400 }, (_, i) => node({ service: name(i) })));
    const outcome = { service: "a", code: "internal", exported: false, tree: treeOf(root) } as const;
    const answer = codec.encode(outcome, { id: ID, json: false }, { treeBytes: 1e6, minimalBytes: 64 });
    const value = answer?.value as string;
    expect(answer?.minimal).toBe(false);
    expect(value.length).toBeLessThanOrEqual(2048);
    expect(value.length).toBeGreaterThan(1900);
    const { tree } = codec.decode(value, ID, "") as Answer;
    expect(countNodes(tree?.root as TreeNode) + (tree?.omitted ?? 0)).toBe(401);
    const longer = new ValueWriter(WIDE).write(treeOf(root), ID, 1e6) as string;
    expect(longer.length).toBeGreaterThan(2048);
    expect(codec.decode(longer, ID, "")).toBe("malformed");
  });

  test("of a message are as many as it may unpack to, for both sides", () => {
    for (const messageBytes of [100, 1000, DEFAULT_LIMITS.messageBytes]) {
      const limits = { ...WIDE, messageBytes };
      const written = (size: number): string | undefined =>
        new ValueWriter(limits).write(treeOf(node({ message: "a".repeat(size) })), ID, 1e6);
      const wide = (size: number): string =>
        new ValueWriter(WIDE).write(treeOf(node({ message: "a".repeat(size) })), ID, 1e6) as string;
      const bytes = (size: number): number =>
        inflateRawSync(Buffer.from(wide(size).slice(1), "base64")).length;
      let most = messageBytes;
      while (bytes(most) > messageBytes) most--;
      expect(bytes(most)).toBe(messageBytes);
      expect(written(most)).toBe(wide(most));
      expect(readValue(wide(most), "", limits)).toBeDefined();
      expect(written(most + 1)).toBeUndefined();
      expect(readValue(wide(most + 1), "", limits)).toBeUndefined();
    }
  });
});
