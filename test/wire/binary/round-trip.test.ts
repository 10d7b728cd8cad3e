// Trees survive the wire where there is room, and nothing is ever longer than its room.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";
import { type BinaryAnswer, readBinary } from "../../../src/wire/binary/from-binary.ts";
import { BinaryWriter } from "../../../src/wire/binary/to-binary.ts";
import { readValue, ValueWriter } from "../../../src/wire/binary/value.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../src/wire/limits.ts";
import type { Expanded } from "../../support/wire/expand.ts";
import { asRead, ID, WIDE, wireTrees } from "../../support/wire/wire-trees.ts";

const asTree = ({ root, omitted }: Expanded): ErrorTree => ({ traceId: "", root, omitted });
const trees = wireTrees().map(asTree);
const smallTrees = wireTrees({ depth: 2, width: 3 }).map(asTree);
const writer = new BinaryWriter(WIDE);

function sizeOf(tree: ErrorTree): number {
  return writer.write(tree, ID, 1e6)?.length ?? Number.NaN;
}

function read(bytes: Buffer, limits: Limits = WIDE): BinaryAnswer | undefined {
  return readBinary(bytes, bytes.length, "", limits);
}

function node(fields: Partial<TreeNode> = {}): TreeNode {
  return { service: "a", operation: "GET /", code: "internal", count: 1, children: [], ...fields };
}

function roundTrip(root: TreeNode, limits: Limits = WIDE): BinaryAnswer | undefined {
  const bytes = new BinaryWriter(limits).write({ traceId: "", root, omitted: 0 }, undefined, 1e6);
  return bytes && read(bytes, limits);
}

describe("a tree", () => {
  test("comes back as it was where there is room", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const bytes = writer.write(tree, ID, 1e6) as Buffer;
        expect(read(bytes)).toStrictEqual(asRead({ ...tree, id: ID }));
      }),
      { numRuns: 300 },
    );
  });

  test("comes back from a header value as it was", () => {
    const values = new ValueWriter(WIDE);
    fc.assert(
      fc.property(trees, (tree) => {
        const value = values.write(tree, ID, 1e6) as string;
        expect(value).toMatch(/^:[A-Za-z0-9+/]*=*:;v=1$/);
        const { root, ...answer } = asRead({ ...tree, id: ID });
        const named = root.operation === "" ? { ...root, operation: "GET /" } : root;
        expect(readValue(value, "GET /", WIDE)).toStrictEqual({ ...answer, root: named });
      }),
    );
  });

  test("takes the same bytes whatever was written before it", () => {
    fc.assert(
      fc.property(trees, trees, fc.nat(400), (before, tree, room) => {
        const used = new BinaryWriter(WIDE);
        used.write(before, ID, room);
        used.write(before, undefined, 1e6);
        expect(used.write(tree, ID, 1e6)).toStrictEqual(new BinaryWriter(WIDE).write(tree, ID, 1e6));
      }),
    );
  });

  test("of a service without a name comes back, too", () => {
    for (const children of [[], [node({ service: "" })], [node()]]) {
      const root = node({ service: "", operation: "", code: "ok", children });
      expect(roundTrip(root)?.root).toStrictEqual(root);
    }
  });

  test("with properties that say nothing comes back without them", () => {
    const silent = node({ at: "", peer: "", message: "", errorType: "", frames: [], hops: 0 });
    expect(roundTrip(silent)?.root).toStrictEqual(node());
  });

  test("with the largest numbers comes back, and larger ones are cut to them", () => {
    const most = 999_999_999_999_999;
    const stub = { kind: "server", startMs: most, durationMs: most } as const;
    expect(roundTrip(node({ count: most, hops: most, stub }))?.root).toStrictEqual(
      node({ count: most, hops: most, stub }),
    );
    const beyond = { kind: "server", startMs: most * 2, durationMs: most * 2 } as const;
    const tree = {
      traceId: "",
      root: node({ count: most * 2, hops: most * 2, stub: beyond }),
      omitted: most * 2,
    };
    const bytes = writer.write(tree, undefined, 1e6) as Buffer;
    expect(read(bytes)).toStrictEqual({ root: node({ count: most, hops: most, stub }), omitted: most });
  });

  test("with two halves of a surrogate pair in two strings comes back with a replacement for each", () => {
    const root = node({ service: "a\ud83d", operation: "\udca9b" });
    expect(roundTrip(root)?.root).toStrictEqual(node({ service: "a\ufffd", operation: "\ufffdb" }));
  });

  test("with a byte order mark, zeros and line ends comes back with them", () => {
    const root = node({ service: "\ufeffa", operation: "\0", message: "\r\n\u2028" });
    expect(roundTrip(root)?.root).toStrictEqual(root);
  });

  test.each([0, 1, 2, 3])(
    "with strings cut to %i characters still reads, no character torn",
    (stringChars) => {
      const root = node({ service: "💥x", operation: "x💥", message: "💥💥", frames: ["", "💥", "abcd"] });
      const cut = (text: string): string => {
        const characters = [...text];
        while (characters.join("").length > stringChars) characters.pop();
        return characters.join("");
      };
      const back = roundTrip(root, { ...WIDE, stringChars })?.root;
      expect(back).toStrictEqual(
        node({
          service: cut("💥x"),
          operation: cut("x💥"),
          ...(stringChars < 2 ? undefined : { message: cut("💥💥") }),
          frames: ["", cut("💥"), cut("abcd")],
        }),
      );
    },
  );
});

describe("room", () => {
  test("is never passed, and always enough where it is as large as the tree", () => {
    fc.assert(
      fc.property(trees, fc.double({ min: 0, max: 1.5, noNaN: true }), (tree, part) => {
        const size = sizeOf(tree);
        const room = Math.floor(size * part);
        const bytes = writer.write(tree, ID, room);
        if (room < size) expect(bytes).toBeUndefined();
        else expect(bytes?.length).toBe(size);
        expect(writer.write(tree, ID, size)?.length).toBe(size);
        expect(writer.write(tree, ID, size - 1)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test("of every size, from none to more than enough, is kept", () => {
    fc.assert(
      fc.property(smallTrees, (tree) => {
        const size = sizeOf(tree);
        for (let room = 0; room <= size + 2; room++) {
          const length = writer.write(tree, ID, room)?.length;
          if (length !== (room < size ? undefined : size)) throw new Error(`${length} bytes in ${room}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("of a value is kept to the byte", () => {
    const values = new ValueWriter(DEFAULT_LIMITS);
    fc.assert(
      fc.property(trees, (tree) => {
        const size = values.write(tree, ID, 1e6)?.length;
        if (size === undefined) return;
        expect(values.write(tree, ID, size)?.length).toBe(size);
        for (const room of [0, 6, 10]) expect(values.write(tree, ID, room)).toBeUndefined();
        // What is stored as it is may still be made shorter, once.
        const shorter = values.write(tree, ID, size - 1)?.length;
        if (shorter === undefined) return;
        expect(shorter).toBeLessThan(size);
        expect(values.write(tree, ID, shorter - 1)).toBeUndefined();
      }),
    );
  });
});

describe("bytes from a peer", () => {
  test("never throw, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readBinary(Buffer.from(bytes), bytes.length, "", DEFAULT_LIMITS);
      }),
      { numRuns: 2000 },
    );
  });

  test("that were damaged on the way are malformed or a tree within the limits", () => {
    const limits: Limits = {
      valueBytes: 2048,
      messageBytes: 16_384,
      nodes: 50,
      depth: 5,
      strings: 100,
      stringChars: 20,
    };
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(trees, damage, fc.nat(), (tree, changes, end) => {
        const bytes = Buffer.from(writer.write(tree, ID, 1e6) as Buffer);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        for (const length of [bytes.length, end % bytes.length]) {
          const answer = readBinary(bytes, length, "", limits);
          if (answer !== undefined) expectWithin(answer.root, limits, 1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("beyond the length that was told are not looked at", () => {
    fc.assert(
      fc.property(trees, fc.uint8Array(), (tree, beyond) => {
        const bytes = writer.write(tree, ID, 1e6) as Buffer;
        const length = bytes.length;
        const longer = Buffer.concat([bytes, beyond]);
        expect(readBinary(longer, length, "", WIDE)).toStrictEqual(read(Buffer.from(bytes)));
      }),
    );
  });
});

/** Every node within the limits; returns how many there are. */
function expectWithin(root: TreeNode, limits: Limits, depth: number): number {
  const { message = "", errorType = "", at = "", peer = "", frames = [] } = root;
  for (const text of [root.service, root.operation, message, errorType, at, peer, ...frames])
    expect(text.length).toBeLessThanOrEqual(limits.stringChars);
  for (const number of [root.count, root.hops ?? 1]) {
    expect(number).toBeGreaterThanOrEqual(1);
    expect(number).toBeLessThanOrEqual(999_999_999_999_999);
  }
  expect(depth).toBeLessThanOrEqual(limits.depth);
  const nodes = root.children.reduce((sum, child) => sum + expectWithin(child, limits, depth + 1), 1);
  expect(nodes).toBeLessThanOrEqual(limits.nodes);
  return nodes;
}
