// What is read of a tree that has more text than anybody reads, and what of it is told.
import { describe, expect, test } from "vitest";
import { cutText } from "../../src/redact/text.ts";
import { createRedactor, redactNode, redactText } from "../../src/tree/redact-node.ts";
import { TreeRedaction } from "../../src/tree/redacted-tree.ts";
import { MOST_TREE_CHARS } from "../../src/tree/text-budget.ts";
import { type ErrorTree, nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import { lookedAt, MOST_LOOKS } from "../support/looked-at.ts";

let ids = 0;

function node(more: Partial<TreeNode>): TreeNode {
  const spanId = (++ids).toString(16).padStart(16, "0");
  return { service: "shop", operation: "step", code: "internal", count: 1, spanId, children: [], ...more };
}

function treeOf(...children: readonly TreeNode[]): ErrorTree {
  return { traceId: "", root: node({ operation: "GET /", children }), omitted: 0 };
}

interface Told {
  readonly nodes: readonly TreeNode[];
  readonly cut: number;
  readonly looks: number;
  readonly redaction: TreeRedaction;
}

function told(tree: ErrorTree): Told {
  let cut = 0;
  const redaction = new TreeRedaction({ redact: redactNode, onCut: (texts) => (cut += texts) });
  const { result, looks } = lookedAt(() => redaction.redact(tree));
  return { nodes: [...nodesOf(result.root)], cut, looks, redaction };
}

const lengthOf = ({ operation, message = "", frames = [] }: TreeNode): number =>
  operation.length + message.length + frames.join("").length;

/** A message of a length, of words. */
const words = (length: number, word = "word"): string => `${word} `.repeat(length / 5).slice(0, length);

describe("of a tree", () => {
  test("all texts are told whole that are no longer in sum than anybody reads", () => {
    const steps = Array.from({ length: 60 }, (_, i) => node({ message: `${i} ${words(1000)}.` }));
    const { nodes, cut } = told(treeOf(...steps));
    expect(nodes.slice(1).map(({ message }) => message)).toEqual(steps.map(({ message }) => message));
    expect(cut).toBe(0);
  });

  test.each([
    ["long messages", (i: number) => ({ message: `${i} ${"jwt:jwt:://x@".repeat(630)}` })],
    ["long names", (i: number) => ({ operation: `${i} ${words(8000)}`, at: words(8000), peer: words(8000) })],
    ["long error types", (i: number) => ({ errorType: `${i} ${words(8000)}` })],
    [
      "long frames",
      (i: number) => ({ frames: Array.from({ length: 5 }, (_, f) => `${i} ${f} ${words(190)}`) }),
    ],
    [
      "texts without an end of a word",
      (i: number) => ({ message: `${i}${"x".repeat(8000)}`, at: "y".repeat(8000) }),
    ],
    ["texts longer than anybody reads", (i: number) => ({ message: `${i} ${words(20_000)}` })],
  ])("with %s no more than the budget is read, and every node is told", (_, texts) => {
    const tree = treeOf(...Array.from({ length: 600 }, (_, i) => node(texts(i))));
    const { nodes, cut, looks } = told(tree);
    expect(nodes.reduce((sum, { count }) => sum + count, 0)).toBe(601);
    expect(nodes.reduce((sum, one) => sum + lengthOf(one), 0)).toBeLessThanOrEqual(MOST_TREE_CHARS);
    expect(cut).toBeGreaterThan(500);
    expect(looks).toBeLessThan(MOST_LOOKS * MOST_TREE_CHARS);
  });

  test("names are read before messages, and those of the way to the root cause before all others", () => {
    const cause = node({ operation: "cause", message: words(8000, "last") });
    const before = Array.from({ length: 20 }, (_, i) =>
      node({ operation: `before ${i}`, message: `${i} ${words(8000)}`, survived: true }),
    );
    const { nodes, cut } = told(treeOf(...before, cause));
    expect(nodes.map(({ operation }) => operation)).toEqual([
      "GET /",
      ...before.map(({ operation }) => operation),
      "cause",
    ]);
    expect(nodes.at(-1)?.message).toBe(redactText(cause.message as string));
    expect(nodes[1]?.message?.length).toBeGreaterThan(4000);
    expect(nodes.at(-2)?.message).toBeUndefined();
    expect(cut).toBeGreaterThan(10);
  });

  test("what was cut says so, and is the same whenever it is told", () => {
    const tree = treeOf(...Array.from({ length: 10 }, (_, i) => node({ message: `${i} ${words(8000)}` })));
    const { nodes, redaction } = told(tree);
    const ends = nodes.slice(1).map(({ message = "" }) => message.slice(-6));
    expect(ends).toContain(" word…");
    expect([...nodesOf(redaction.redact(tree).root)]).toEqual(nodes);
  });

  test("what is told again is not read again: there is room for what is new", () => {
    const first = Array.from({ length: 15 }, (_, i) => node({ message: `${i} ${words(4000)}` }));
    const later = node({ message: `new ${words(4000)}.` });
    const { root, ...rest } = treeOf(...first);
    const { redaction } = told({ ...rest, root });
    const again = redaction.redact({ ...rest, root: { ...root, children: [...first, later] } });
    expect([...nodesOf(again.root)].at(-1)?.message).toBe(later.message);
  });
});

describe("a text that is cut anywhere tells nothing that the whole text would not:", () => {
  const cases: readonly (readonly [text: string, ...secrets: string[]])[] = [
    ['login with password="correct horse battery" failed', "correct", "horse", "battery"],
    [`{ "user": "x", "client_secret": "correct horse", "n": 1 }`, "correct", "horse"],
    [String.raw`said {\"password\":\"correct horse\"} to x`, "correct", "horse"],
    ["GET https://joe:correct,horse@host/x?api_key=battery failed", "correct", "horse", "battery"],
    ["Duplicate entry 'joe smith-jones' for key 'users.name'", "joe", "smith"],
    ["duplicate: Key (name)=(joe smith, 7) already exists.", "joe", "smith"],
    ['invalid input syntax for type integer: "joe smith"', "joe", "smith"],
    ["Failing row contains (7, joe, smith).", "joe", "smith"],
    ["insert into users values ('joe smith', 77123) - it broke", "joe", "smith", "7712"],
    ["Failed query: select a from b\nparams: joe,smith", "joe", "smith"],
    ["card 4111 1111 1111 1111 was declined", "4111", "1111 1111"],
    ["sent Authorization: Bearer abc123def456ghi to x", "abc123"],
    ["set Cookie: sid=abc123; theme=dark here", "abc123", "dark"],
    ["token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3j is old", "hbGciOiJ"],
    ["mail to joe.smith@example.com bounced", "joe", "smith"],
  ];
  test.each(cases)("%s", (text, ...secrets) => {
    for (let limit = 0; limit <= text.length; limit++) {
      const one = redactText(`${cutText(text, limit)}…`);
      for (const secret of secrets) expect(one, `at ${limit}`).not.toContain(secret);
      const long = redactText(
        `${"word ".repeat(1700).slice(0, 8192 - limit)}${text}${" and more".repeat(100)}`,
      );
      for (const secret of secrets) expect(long, `${limit} before the end`).not.toContain(secret);
    }
  });

  test("if there is no room for a word, there is none", () => {
    expect(cutText("password=hunter2", 8)).toBe("");
    expect(cutText("some words", 0)).toBe("");
    expect(cutText("some words", 9)).toBe("some");
    expect(cutText("some words", 10)).toBe("some words");
  });
});

test("what is returned is cut like what is read: redacted again it is the same", () => {
  const digits = redactText(`${"4111111111111111".repeat(350)}x`);
  expect(digits.length).toBeLessThanOrEqual(4096);
  expect(redactText(digits)).toBe(digits);
});

test("a word that looks secret is none the less so if its quotes were cut off, and the rest does not look it", () => {
  const told = redactText(`jwt:'abc123def456 http://host/x ${"word ".repeat(2000)}`);
  expect(told).not.toContain("abc123def456");
  expect(redactText(told)).toBe(told);
});

test("of a text that is made to be read again and again nothing is told", () => {
  const text = `${"-----BEGIN KEY-----".repeat(100)}${"A".repeat(20)}`;
  const told = redactText(text);
  expect(redactText(told)).toBe(told);
  expect(told).not.toContain("AAAA");
});

test("siblings that become equal by what is told leave the root cause where it was", () => {
  const children = [
    node({ message: "user joe@a.de", survived: true }),
    node({ operation: "cause" }),
    node({ message: "user jim@a.de" }),
  ];
  const { nodes } = told(treeOf(...children));
  expect(nodes.slice(1)).toMatchObject([{ count: 2 }, { operation: "cause", way: true }]);
  const [, merged, other] = told(
    treeOf(...children.map((child, i) => (i === 2 ? { ...child, way: true as const } : child))),
  ).nodes;
  expect([merged, other]).toMatchObject([{ count: 2, way: true }, { operation: "cause" }]);
  expect(other?.way).toBeUndefined();
});

test("what a hook leaves as it was is not read again", () => {
  const redact = createRedactor({ redact: (one) => ({ ...one, at: "here" }) }, () => {});
  const one = node({ message: words(4000) });
  const { looks } = lookedAt(() => redact(one));
  expect(looks).toBeLessThan(1.2 * lookedAt(() => redactNode(one)).looks);
});
