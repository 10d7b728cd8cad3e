// What our writer writes a protobuf library reads, and the other way round.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BinaryAnswer, readBinary } from "../../../src/wire/binary/from-binary.ts";
import { BinaryWriter } from "../../../src/wire/binary/to-binary.ts";
import { createRandom } from "../../support/random.ts";
import { type Expanded, expandMessage } from "../../support/wire/expand.ts";
import { type ErrorTree, ErrorTreeSchema } from "../../support/wire/generated/error-tree_pb.ts";
import { messageOf } from "../../support/wire/message.ts";
import { scatter } from "../../support/wire/scatter.ts";
import { asRead, ID, WIDE, wireTrees } from "../../support/wire/wire-trees.ts";

const writer = new BinaryWriter(WIDE);
/** Small enough to be scattered in many ways. */
const smallTrees = wireTrees({ depth: 3, width: 3 });

function write({ root, omitted, id }: Expanded): Uint8Array {
  const bytes = writer.write({ traceId: "", root, omitted }, id, 1e6);
  if (bytes === undefined) throw new Error("not written");
  return Uint8Array.from(bytes);
}

function read(bytes: Uint8Array): BinaryAnswer | undefined {
  return readBinary(Buffer.from(bytes), bytes.length, "", WIDE);
}

/** What a protobuf library says of the bytes, without what it does not know. */
function libraryReads(bytes: Uint8Array): ErrorTree {
  const { $unknown: _, ...message } = fromBinary(ErrorTreeSchema, bytes);
  return message;
}

describe("what we write", () => {
  test("a protobuf library reads as the same tree", () => {
    fc.assert(
      fc.property(wireTrees(), (tree) => {
        expect(expandMessage(libraryReads(write(tree)))).toStrictEqual(asRead(tree));
      }),
      { numRuns: 300 },
    );
  });

  test("holds nothing that a protobuf library does not know, and is written by it in the same bytes", () => {
    fc.assert(
      fc.property(wireTrees(), (tree) => {
        const bytes = write(tree);
        const message = fromBinary(ErrorTreeSchema, bytes);
        expect(message.$unknown).toBeUndefined();
        expect(Buffer.from(toBinary(ErrorTreeSchema, message)).toString("hex")).toBe(
          Buffer.from(bytes).toString("hex"),
        );
      }),
    );
  });

  test("is read without an id where the ask had none", () => {
    fc.assert(
      fc.property(wireTrees(), ({ root, omitted }) => {
        const bytes = write({ root, omitted });
        expect(expandMessage(libraryReads(bytes))).toStrictEqual(asRead({ root, omitted }));
        expect(read(bytes)).toStrictEqual(asRead({ root, omitted }));
      }),
    );
  });
});

describe("what a protobuf library writes", () => {
  test("we read as the same tree", () => {
    fc.assert(
      fc.property(smallTrees, (tree) => {
        expect(read(toBinary(ErrorTreeSchema, messageOf(asRead(tree))))).toStrictEqual(asRead(tree));
      }),
      { numRuns: 200 },
    );
  });

  test("we read in any order, in pieces, unpacked, repeated, and with unknown fields in between", () => {
    fc.assert(
      fc.property(smallTrees, fc.nat(), (tree, seed) => {
        const message = messageOf(asRead(tree));
        const bytes = scatter(message, createRandom(seed));
        expect(libraryReads(bytes)).toStrictEqual(message);
        expect(read(bytes)).toStrictEqual(asRead(tree));
      }),
      { numRuns: 500 },
    );
  });

  test("we read without the marks and kinds that we do not know", () => {
    const later = fc.tuple(
      wireTrees(),
      fc.integer({ min: 15, max: 31 }),
      fc.integer({ min: 6, max: 2 ** 32 - 1 }),
    );
    fc.assert(
      fc.property(later, ([tree, bit, kind]) => {
        const message = messageOf(asRead(tree));
        message.outcomes = message.outcomes.map((outcome) => outcome + 2 ** bit);
        message.kinds = message.kinds.map((known) => (known === 0 ? kind : known));
        const bytes = toBinary(ErrorTreeSchema, message);
        expect(expandMessage(libraryReads(bytes))).toStrictEqual(asRead(tree));
        expect(read(bytes)).toStrictEqual(asRead(tree));
      }),
    );
  });

  test("we read without the times of nodes that have no kind", () => {
    fc.assert(
      fc.property(wireTrees(), (tree) => {
        const message = messageOf(asRead(tree));
        message.kinds = [];
        const bytes = toBinary(ErrorTreeSchema, message);
        expect(read(bytes)).toStrictEqual(expandMessage(libraryReads(bytes)));
      }),
    );
  });
});

describe("by hand, from the comments of the message alone", () => {
  const empty = { count: 1, children: [] };
  const cases: [string, string, Expanded][] = [
    [
      "one failed node",
      // text "pay", one string of 3 bytes, the root's service is the first string, its outcome 13 (internal)
      "1a03706179 220103 320101 42010d",
      { omitted: 0, root: { service: "pay", operation: "", code: "internal", ...empty } },
    ],
    [
      "the id, two left out, and two nodes",
      // id; omitted 2; text "ab"; lengths 1 1; children 1; services 1 2; outcomes 5 (not-found) and 7 + 32 (exported)
      "0a0800f067aa0ba902b7 1002 1a026162 22020101 2a0101 32020102 42020527",
      {
        id: ID,
        omitted: 2,
        root: {
          service: "a",
          operation: "",
          code: "not-found",
          count: 1,
          children: [{ service: "b", operation: "", code: "permission-denied", exported: true, ...empty }],
        },
      },
    ],
    [
      "rare properties of the second of two siblings",
      // children 2; services 1 1 1; at: 2 passed over, string 2; counts: 2 passed over, 300; times: of the first and the third
      "1a036162 63 2203010101 2a0102 3203010101 4203000d0d 5a020202 6a0302ac02 820103020003 8a0106 000007 010203",
      {
        omitted: 0,
        root: {
          service: "a",
          operation: "",
          code: "ok",
          count: 1,
          stub: { kind: "server", startMs: 0, durationMs: 7 },
          children: [
            { service: "a", operation: "", code: "internal", ...empty },
            {
              service: "a",
              operation: "",
              code: "internal",
              at: "b",
              stub: { kind: "client", startMs: 2, durationMs: 3 },
              ...empty,
              count: 300,
            },
          ],
        },
      },
    ],
  ];
  test.each(cases)("%s", (_, hex, tree) => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    expect(read(bytes)).toStrictEqual(tree);
    expect(expandMessage(libraryReads(bytes))).toStrictEqual(tree);
  });
});
