// The whole way of an outcome: into a header value that fits, and out of it again.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODES, type Code } from "../../src/spans/code.ts";
import {
  countNodes,
  type ErrorTree,
  nodesOf,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { formatMinimal } from "../../src/wire/header.ts";
import type { Answer, Ask } from "../../src/wire/messages.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";

const ID = "00f067aa0ba902b7";
const OTHER = "00f067aa0ba902b8";
const ASK: Ask = { id: ID, from: "checkout", json: false };
const PERSON: Ask = { json: true };
const ROOM = { treeBytes: 1024, minimalBytes: 64 };
const codec = createAnswerCodec();
const wide = createAnswerCodec({
  valueBytes: 1e9,
  messageBytes: 1e7,
  nodes: 1e6,
  depth: 1e6,
  stringChars: 1e6,
});

function node(
  service: string,
  code: Code,
  fields: Partial<TreeNode> = {},
  ...children: TreeNode[]
): TreeNode {
  return { service, operation: "GET /", code, count: 1, children, ...fields };
}

function outcomeOf(root: TreeNode, omitted = 0): Answer {
  const exported = [...nodesOf(root)].some((n) => n.exported);
  return { service: root.service, code: root.code, exported, tree: { traceId: "t", root, omitted } };
}

/** Halves of surrogate pairs do not travel: UTF-8 has none. */
const outcomes = errorTrees().map(({ root, omitted }) => outcomeOf(wellFormed(root), omitted));

function wellFormed(root: TreeNode): TreeNode {
  return JSON.parse(JSON.stringify(root), (_, value) =>
    typeof value === "string" ? Buffer.from(value).toString() : value,
  );
}

describe("an outcome without failures", () => {
  const fine: Answer = { service: "payment", code: "ok", exported: false };

  test("is what the full writer writes, whatever the name, the room, and the answers before it", () => {
    const answers = fc.record({
      service: fc.oneof(fc.constantFrom("", "payment", 'a"b'), fc.string({ unit: "binary", maxLength: 80 })),
      id: fc.constantFrom(ID, OTHER, undefined),
      minimalBytes: fc.oneof(fc.constantFrom(63, 64, 65), fc.integer({ min: 0, max: 100 })),
    });
    fc.assert(
      fc.property(fc.array(answers, { minLength: 1, maxLength: 6 }), (all) => {
        const one = createAnswerCodec();
        for (const { service, id, minimalBytes } of all) {
          const value = formatMinimal(
            { service, code: "ok", exported: false, omitted: 0, mixed: false, ...(id && { id }) },
            minimalBytes,
          );
          const ask: Ask = { json: false, ...(id && { id }) };
          const room = { treeBytes: 0, minimalBytes };
          expect(one.encode({ ...fine, service }, ask, room)?.value).toBe(value);
        }
      }),
    );
  });

  test("is the minimal answer", () => {
    expect(codec.encode(fine, ASK, ROOM)).toStrictEqual({
      value: `ok;id="${ID}";s="payment"`,
      minimal: true,
    });
  });

  test("comes back as it was, exported or not", () => {
    for (const outcome of [fine, { ...fine, exported: true }]) {
      const value = codec.encode(outcome, ASK, ROOM)?.value as string;
      expect(codec.decode(value, ID, "GET /")).toStrictEqual(outcome);
      expect(codec.decode(value, undefined, "GET /")).toStrictEqual(outcome);
      expect(codec.decode(value, OTHER, "GET /")).toBe("foreign");
    }
  });

  test("is readable JSON for a person, without an id", () => {
    const answer = codec.encode(fine, PERSON, ROOM);
    expect(answer?.minimal).toBe(false);
    expect(JSON.parse(answer?.value as string)).toStrictEqual({
      service: "payment",
      status: "success",
      code: "ok",
      error: "",
      forced: false,
      children: [],
    });
    expect(codec.decode(answer?.value as string, undefined, "")).toStrictEqual(fine);
  });

  test("is JSON with the id for a service that asks for it", () => {
    const value = codec.encode(fine, { ...ASK, json: true }, ROOM)?.value as string;
    expect(JSON.parse(value)).toMatchObject({ id: ID });
    expect(codec.decode(value, ID, "")).toStrictEqual(fine);
  });

  test("is the minimal answer for a person without room for JSON", () => {
    expect(codec.encode(fine, PERSON, { ...ROOM, treeBytes: 70 })).toStrictEqual({
      value: 'ok;s="payment"',
      minimal: true,
    });
  });

  test("is no answer without room for the id", () => {
    expect(codec.encode(fine, ASK, { treeBytes: 1024, minimalBytes: 20 })).toBeUndefined();
  });
});

describe("an outcome with a tree", () => {
  test("comes back as it was where there is room", () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const answer = wide.encode(outcome, ASK, { treeBytes: 1e9, minimalBytes: 64 });
        const tree = { ...(outcome.tree as ErrorTree), traceId: "", parentSpanId: ID };
        expect(answer?.minimal).toBe(false);
        expect(wide.decode(answer?.value as string, ID, "GET /")).toStrictEqual({ ...outcome, tree });
      }),
    );
  });

  test("keeps to its room, and to the codec's own limit", () => {
    fc.assert(
      fc.property(outcomes, fc.nat(4000), fc.nat(64), (outcome, treeBytes, minimalBytes) => {
        const answer = codec.encode(outcome, ASK, { treeBytes, minimalBytes });
        if (answer === undefined) return;
        expect(answer.value.length).toBeLessThanOrEqual(
          answer.minimal ? minimalBytes : Math.min(treeBytes, 2048),
        );
        expect(answer.value).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  test("tells a peer the outcome, the exact number of nodes, the verdict and what was exported, whatever the room", () => {
    fc.assert(
      fc.property(outcomes, fc.nat(3000), (outcome, treeBytes) => {
        const full = outcome.tree as ErrorTree;
        const answer = codec.encode(outcome, ASK, { treeBytes, minimalBytes: 64 });
        const read = codec.decode(answer?.value as string, ID, full.root.operation);
        if (typeof read === "string" || read.tree === undefined)
          throw new Error(`no tree in ${answer?.value}`);
        expect(read.code).toBe(outcome.code);
        expect(read.exported).toBe(outcome.exported);
        expect(countNodes(read.tree.root) + read.tree.omitted).toBe(countNodes(full.root) + full.omitted);
        expect(verdictOf(read.tree.root)).toBe(verdictOf(full.root));
        if (answer?.minimal) return;
        expect(rootCauseOf(read.tree.root).node.code).toBe(rootCauseOf(full.root).node.code);
        expect(rootCauseOf(read.tree.root).node.service).toBe(rootCauseOf(full.root).node.service);
      }),
      { numRuns: 500 },
    );
  });

  test("an exported outcome marks the root where no node is marked", () => {
    const outcome = { ...outcomeOf(node("a", "internal")), exported: true };
    const value = codec.encode(outcome, ASK, ROOM)?.value as string;
    expect(codec.decode(value, ID, "")).toMatchObject({ exported: true, tree: { root: { exported: true } } });
  });

  test("the ask's id is the parent of what is read, and another id is foreign", () => {
    const { value } = codec.encode(outcomeOf(node("a", "internal")), ASK, ROOM) ?? { value: "" };
    expect(codec.decode(value, ID, "")).toMatchObject({ tree: { traceId: "", parentSpanId: ID } });
    expect(codec.decode(value, OTHER, "")).toBe("foreign");
  });

  test("an answer without an id is foreign to who has one, and fine for who has none", () => {
    const { value } = codec.encode(outcomeOf(node("a", "internal")), PERSON, ROOM) ?? { value: "" };
    expect(codec.decode(value, ID, "")).toBe("foreign");
    expect(codec.decode(value, undefined, "")).toStrictEqual({
      service: "a",
      code: "internal",
      exported: false,
      tree: { traceId: "", root: node("a", "internal"), omitted: 0 },
    });
    expect(codec.decode('ok;s="a"', ID, "")).toBe("foreign");
  });

  describe("of one node without a message", () => {
    const random = (i: number): string => `${Math.sin(i)}${Math.cos(i)}`;
    const bare = node("payment", "unavailable", { errorType: "ECONNREFUSED" });
    const stub = { kind: "client", startMs: 3, durationMs: 4 } as const;
    const causes = [6, 7].map(random);
    const full: TreeNode = { ...bare, frames: [1, 2, 3, 4, 5].map(random), causes, stub };
    const rooms: [string, number, Partial<TreeNode>][] = [
      ["loses its frames first", 250, { causes, stub }],
      ["then times and causes, and says what it is", 100, { stub: { kind: "client" } }],
    ];
    test.each(rooms)("%s", (_, treeBytes, kept) => {
      const answer = codec.encode(outcomeOf(full), ASK, { treeBytes, minimalBytes: 64 });
      expect(answer?.minimal).toBe(false);
      const read = codec.decode(answer?.value as string, ID, "") as Answer;
      expect(read.tree?.root).toStrictEqual({ ...bare, ...kept });
    });
  });

  test("10,000 siblings fit into a kilobyte", () => {
    const children = Array.from({ length: 10_000 }, (_, i) =>
      node(`s${i}`, "internal", { message: "x".repeat(50) }),
    );
    const answer = codec.encode(outcomeOf(node("root", "internal", {}, ...children)), ASK, ROOM);
    const read = codec.decode(answer?.value as string, ID, "") as Answer;
    expect(read.tree?.root.children[0]).toMatchObject({ service: "s0", message: "x".repeat(50) });
  });

  test("a depth of 5,000 fits into a kilobyte", () => {
    let root = node("cause", "internal");
    for (let i = 1; i < 5000; i++) root = node(`s${i}`, "internal", {}, root);
    const answer = codec.encode(outcomeOf(root), ASK, ROOM);
    const read = codec.decode(answer?.value as string, ID, "") as Answer;
    expect(rootCauseOf(read.tree?.root as TreeNode).node.service).toBe("cause");
  });
});

describe("a tree without room", () => {
  const tight = { treeBytes: 60, minimalBytes: 64 };
  const deep = outcomeOf(
    node("root", "not-found", {}, node("a", "not-found", {}, node("b", "internal", { exported: true }))),
    4,
  );

  test("is its outcome with the exact number of nodes that are not shown", () => {
    const answer = codec.encode(deep, ASK, tight);
    expect(answer).toStrictEqual({
      value: `not-found;id="${ID}";s="root";e;o=6;m`,
      minimal: true,
      omitted: 2,
    });
    expect(codec.decode(answer?.value as string, ID, "GET /pay")).toStrictEqual({
      service: "root",
      code: "not-found",
      exported: true,
      tree: {
        traceId: "",
        parentSpanId: ID,
        omitted: 6,
        root: node("root", "not-found", { operation: "GET /pay", exported: true, mixed: true }),
      },
    });
  });

  test("of a rejection stays a rejection", () => {
    const root = node("root", "not-found", {}, node("a", "not-found"));
    const value = codec.encode(outcomeOf(root), ASK, tight)?.value as string;
    expect(value).toBe(`not-found;id="${ID}";s="root";o=1`);
    expect(verdictOf((codec.decode(value, ID, "") as Answer).tree?.root as TreeNode)).toBe("rejected");
  });

  test("of handled failures is ok with the number of nodes", () => {
    const root = node("root", "ok", {}, node("a", "internal"));
    const value = codec.encode(outcomeOf(root), ASK, tight)?.value as string;
    expect(value).toBe(`ok;id="${ID}";s="root";o=1`);
    expect(codec.decode(value, ID, "GET /")).toStrictEqual({
      service: "root",
      code: "ok",
      exported: false,
      tree: { traceId: "", parentSpanId: ID, omitted: 1, root: node("root", "ok") },
    });
  });

  test("handled failures that were left out before survive the next hop", () => {
    const passed = outcomeOf(node("root", "ok"), 3);
    const value = codec.encode(passed, ASK, ROOM)?.value as string;
    expect(codec.decode(value, ID, "GET /")).toMatchObject({ tree: { omitted: 3 } });
  });

  test("is nothing where not even the outcome fits", () => {
    expect(codec.encode(deep, ASK, { treeBytes: 60, minimalBytes: 38 })).toBeUndefined();
    expect(codec.encode(deep, ASK, { treeBytes: 0, minimalBytes: 0 })).toBeUndefined();
  });

  test("names no service where that takes the room", () => {
    const value = codec.encode(deep, ASK, { treeBytes: 0, minimalBytes: 44 })?.value as string;
    expect(codec.decode(value, ID, "")).toMatchObject({ service: "unknown_service", code: "not-found" });
  });
});

describe("a value from a peer", () => {
  const malformed: [string, string][] = [
    ["nothing", ""],
    ["an ask", `v=1, id="${ID}"`],
    ["bytes that are no tree", ":AAEC:;v=1"],
    ["no bytes", "::;v=1"],
    ["a later version", ":SggAGlABUgFhag==:;v=2"],
    ["bytes without a version", ":SggAGlABUgFhag==:"],
    ["two answers", `ok;id="${ID}", ok;id="${ID}"`],
    ["broken JSON", "{"],
    ["an empty object", "{}"],
    ["JSON that is longer than the limit", `{"x":"${"x".repeat(3000)}"}`],
    ["an open service", `ok;id="${ID}";s="pay`],
    ["one quote as service", `ok;id="${ID}";s="`],
    ["a service past ASCII", `ok;id="${ID}";s="caf\u00e9"`],
  ];
  test.each(malformed)("%s is malformed", (_, value) => {
    expect(codec.decode(value, ID, "GET /")).toBe("malformed");
  });

  test("the fast way and the full reader agree", () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 20, unit: fc.constantFrom("a", '"', "\\", ";", " ", "\t", "é") }),
      fc.string({ maxLength: 20, unit: "grapheme-ascii" }),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom("", ";e", ";o=1", " "), (service, tail) => {
        const value = `ok;id="${ID}";s="${service}"${tail}`;
        expect(codec.decode(value, ID, "")).toStrictEqual(codec.decode(value, undefined, ""));
      }),
    );
  });

  test("no value throws", () => {
    const values = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
      fc.json(),
      fc.tuple(fc.constantFrom(...Object.keys(CODES)), fc.string()).map(([code, rest]) => `${code};${rest}`),
    );
    fc.assert(
      fc.property(values, fc.option(fc.constant(ID), { nil: undefined }), (value, id) => {
        const read = codec.decode(value, id, "");
        expect(typeof read === "string" ? ["malformed", "foreign"] : [read]).toContain(read);
      }),
    );
  });

  test("a value that was damaged on the way does not throw", () => {
    fc.assert(
      fc.property(outcomes, fc.nat(), fc.string({ maxLength: 3, unit: "binary" }), (outcome, at, text) => {
        const value = codec.encode(outcome, ASK, ROOM)?.value as string;
        const place = at % value.length;
        codec.decode(value.slice(0, place) + text + value.slice(place + 1), ID, "");
      }),
    );
  });
});
