// JSON for people: what it looks like, and what is refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countNodes, type TreeNode } from "../../src/tree/tree.ts";
import { readTree, writeTree } from "../../src/wire/json.ts";
import { DEFAULT_LIMITS } from "../../src/wire/limits.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";
import { WIDE } from "../support/wire/wire-trees.ts";

const ID = "00f067aa0ba902b7";

function node(fields: Partial<TreeNode>, ...children: TreeNode[]): TreeNode {
  return { service: "s", operation: "GET /", code: "internal", count: 1, children, ...fields };
}

function written(root: TreeNode, omitted = 0): string {
  return writeTree(root, { omitted }, WIDE.valueBytes, WIDE) as string;
}

describe("writing", () => {
  test("the keys that every node has are always there", () => {
    expect(written(node({ operation: "", code: "ok" }))).toBe(
      '{"service":"s","status":"success","code":"ok","error":"","forced":false,"children":[]}',
    );
  });

  test("our keys stand where they say something", () => {
    const child = node({
      code: "unavailable",
      message: "refused",
      errorType: "ECONNREFUSED",
      at: "charge",
      peer: "postgresql",
      frames: ["charge (pay.ts:3)"],
      count: 3,
      unanswered: true,
      opaque: true,
      abandoned: true,
      survived: true,
      exported: true,
      hops: 2,
      mixed: true,
      spanId: ID,
    });
    expect(JSON.parse(written(node({ operation: "GET /cart", exported: true }, child), 7))).toStrictEqual({
      service: "s",
      operation: "GET /cart",
      status: "error",
      code: "internal",
      error: "",
      forced: true,
      omitted: 7,
      children: [
        {
          service: "s",
          operation: "GET /",
          status: "error",
          code: "unavailable",
          error: "refused",
          type: "ECONNREFUSED",
          at: "charge",
          peer: "postgresql",
          frames: ["charge (pay.ts:3)"],
          count: 3,
          hops: 2,
          unanswered: true,
          opaque: true,
          abandoned: true,
          survived: true,
          mixed: true,
          forced: true,
          children: [],
        },
      ],
    });
  });

  test("everything outside printable ASCII is escaped", () => {
    const value = written(node({ message: 'a\n\u007fé\ud83d"\\' }));
    expect(value).toContain('"error":"a\\u000a\\u007f\\u00e9\\ud83d\\"\\\\"');
  });

  test("a string is cut to the limit, but no surrogate pair is torn", () => {
    const value = writeTree(node({ message: "abc💥" }), { omitted: 0 }, 500, {
      ...DEFAULT_LIMITS,
      stringChars: 4,
    });
    expect(value).toContain('"error":"abc"');
  });

  test("what passes the room is not written", () => {
    const root = node({}, node({}));
    const { length } = written(root);
    expect(writeTree(root, { omitted: 0 }, length, WIDE)).toBeDefined();
    expect(writeTree(root, { omitted: 0 }, length - 1, WIDE)).toBeUndefined();
  });

  test("what a reader with the same limits would refuse is not written", () => {
    const root = node({}, node({}, node({})), node({}));
    expect(writeTree(root, { omitted: 0 }, 1e6, { ...WIDE, nodes: 4, depth: 3 })).toBeDefined();
    expect(writeTree(root, { omitted: 0 }, 1e6, { ...WIDE, nodes: 3 })).toBeUndefined();
    expect(writeTree(root, { omitted: 0 }, 1e6, { ...WIDE, depth: 2 })).toBeUndefined();
    expect(writeTree(root, { omitted: 0 }, 1e6, { ...WIDE, valueBytes: 100 })).toBeUndefined();
  });
});

describe("reading back", () => {
  test("a tree that is written comes back as it was, in printable ASCII", () => {
    fc.assert(
      fc.property(errorTrees({ stubs: false }), fc.boolean(), ({ root, omitted }, withId) => {
        const head = { omitted, ...(withId ? { id: ID } : undefined) };
        const value = writeTree(root, head, WIDE.valueBytes, WIDE) as string;
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(readTree(value, "", WIDE)).toStrictEqual({ root, ...head });
      }),
    );
  });

  test("a tree of depth 20,000 comes back without a stack overflow", () => {
    let root = node({ message: "the cause" });
    for (let depth = 1; depth < 20_000; depth++) root = node({}, root);
    const answer = readTree(written(root), "", WIDE);
    expect(answer?.root && countNodes(answer.root)).toBe(20_000);
  });

  test("drift has a key of its own, and the message stands alone", () => {
    const root = node(
      { code: "not-found", message: "no such item" },
      node({ code: "permission-denied" }),
      node({ code: "aborted" }),
      node({ code: "not-found" }),
    );
    const value = written(root);
    expect(JSON.parse(value)).toMatchObject({
      code: "not-found",
      drift: ["aborted", "permission-denied"],
      error: "no such item",
    });
    expect(readTree(value, "", WIDE)?.root).toStrictEqual(root);
  });

  test("no drift is claimed of equal codes, nor across a gap", () => {
    for (const child of [node({ code: "not-found" }), node({ code: "permission-denied", hops: 1 })]) {
      expect(written(node({ code: "not-found" }, child))).not.toContain("drift");
    }
  });

  test("what a writer says of drift is not believed: it follows from the children", () => {
    const root = node({ code: "not-found" }, node({ code: "permission-denied" }));
    for (const said of ['"drift":[]', '"drift":7', '"x":1']) {
      const value = written(root).replace('"drift":["permission-denied"]', said);
      expect(readTree(value, "", WIDE)?.root).toStrictEqual(root);
    }
  });

  test("a root that does not name its operation is named by the reader", () => {
    const value = written(node({ operation: "" }, node({ operation: "" })));
    const root = readTree(value, "GET /pay", WIDE)?.root;
    expect(root?.operation).toBe("GET /pay");
    expect(root?.children[0]?.operation).toBe("");
  });
});

describe("hostile values", () => {
  const fine = { service: "s", status: "error", code: "internal", error: "", children: [] };
  const read = (value: unknown) =>
    readTree(typeof value === "string" ? value : JSON.stringify(value), "", DEFAULT_LIMITS);

  test("the smallest node is read", () => {
    expect(read(fine)).toStrictEqual({
      root: { service: "s", operation: "", code: "internal", count: 1, children: [] },
      omitted: 0,
    });
  });

  const refused: [string, unknown][] = [
    ["no JSON", "{"],
    ["null", "null"],
    ["an array", [fine]],
    ["a string", '"x"'],
    ["two values", `${JSON.stringify(fine)}, ${JSON.stringify(fine)}`],
    ["a missing service", { ...fine, service: undefined }],
    ["a missing error", { ...fine, error: undefined }],
    ["missing children", { ...fine, children: undefined }],
    ["a status that contradicts the code", { ...fine, status: "success" }],
    ["a failed status with code ok", { ...fine, code: "ok" }],
    ["an unknown code", { ...fine, code: "broken" }],
    ["a code in another spelling", { ...fine, code: "INTERNAL" }],
    ["a code that is a number", { ...fine, code: 13 }],
    ["the name of an object's property as code", { ...fine, code: "__proto__" }],
    ["a service that is a number", { ...fine, service: 1 }],
    ["an error that is null", { ...fine, error: null }],
    ["a type that is an object", { ...fine, type: {} }],
    ["a bit that is a number", { ...fine, forced: 1 }],
    ["a bit that is a string", { ...fine, unanswered: "true" }],
    ["frames that are a string", { ...fine, frames: "x" }],
    ["frames that hold a number", { ...fine, frames: ["x", 1] }],
    ["frames that hold nothing", { ...fine, frames: [null] }],
    ["an id that is no span id", { ...fine, id: "x" }],
    ["an id that is a number", { ...fine, id: 1 }],
    ["children that are an object", { ...fine, children: { length: 1 } }],
    ["a child that is null", { ...fine, children: [null] }],
    ["a child that is an array", { ...fine, children: [[]] }],
    ["a child that is a string", { ...fine, children: ["x"] }],
    ["a wrong type far down", { ...fine, children: [fine, { ...fine, children: [{ ...fine, at: 1 }] }] }],
    ["a string past the limit", { ...fine, service: "x".repeat(1025) }],
    ["a message past the limit", { ...fine, error: "x".repeat(1025) }],
    ["a frame past the limit", { ...fine, frames: ["x".repeat(1025)] }],
    ["a value past the limit", { ...fine, error: "x".repeat(1000), other: "x".repeat(1000) }],
    ["arrays in arrays", "[".repeat(1000) + "]".repeat(1000)],
    [
      "arrays in arrays as children",
      `{"service":"s","status":"error","code":"internal","error":"","children":${"[".repeat(900)}${"]".repeat(900)}}`,
    ],
  ];
  test.each(refused)("%s is malformed", (_, value) => {
    expect(read(value)).toBeUndefined();
  });

  const numbers: [string, string][] = [
    ["zero", "0"],
    ["less than nothing", "-1"],
    ["a half", "1.5"],
    ["infinity", "1e999"],
    ["more than is exact", "9007199254740993"],
    ["more than fits into 15 digits", "1000000000000000"],
    ["a string", '"1"'],
    ["null", "null"],
  ];
  test.each(numbers)("no count, no hops and no omitted is %s", (_, number) => {
    for (const key of ["count", "hops", "omitted"]) {
      expect(read(`${JSON.stringify(fine).slice(0, -1)},"${key}":${number}}`)).toBeUndefined();
    }
  });

  test("the largest count is read", () => {
    expect(read({ ...fine, count: 999_999_999_999_999 })?.root.count).toBe(999_999_999_999_999);
  });

  test("unknown keys and prototypes leave no trace", () => {
    const value =
      '{"__proto__":{"at":"x","polluted":1},"constructor":{},"service":"s","status":"error","code":"internal","error":"","toString":1,"children":[{"__proto__":{"service":"y"},"service":"t","status":"error","code":"internal","error":"","children":[]}]}';
    const root = read(value)?.root;
    expect(root).toStrictEqual(node({ operation: "" }, node({ service: "t", operation: "" })));
    expect(Object.getPrototypeOf(root)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("a node takes nothing from its prototype", () => {
    expect(
      read('{"__proto__":{"service":"s"},"status":"error","code":"internal","error":"","children":[]}'),
    ).toBeUndefined();
  });

  test("nodes and depth are bounded", () => {
    const wide = JSON.stringify({ ...fine, children: Array.from({ length: 3 }, () => fine) });
    const deep = JSON.stringify({ ...fine, children: [{ ...fine, children: [fine] }] });
    expect(readTree(wide, "", { ...WIDE, nodes: 4 })).toBeDefined();
    expect(readTree(wide, "", { ...WIDE, nodes: 3 })).toBeUndefined();
    expect(readTree(deep, "", { ...WIDE, depth: 3 })).toBeDefined();
    expect(readTree(deep, "", { ...WIDE, depth: 2 })).toBeUndefined();
  });

  test("no text and no JSON makes the reader throw", () => {
    const key = fc.constantFrom(...Object.keys(fine), "at", "count", "frames", "forced", "id", "omitted");
    const oneWrong = fc.tuple(key, fc.jsonValue()).map(([name, wrong]) => ({ ...fine, [name]: wrong }));
    const beneath = oneWrong.map((child) => ({ ...fine, children: [fine, child] }));
    const values = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.oneof(oneWrong, beneath).map((v) => JSON.stringify(v)),
    );
    fc.assert(fc.property(values, (value) => void read(value)));
  });
});
