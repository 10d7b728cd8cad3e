// A drawing is well-formed whatever the texts are, has every node, and stays bounded.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawTree } from "../../src/draw/tree-svg.ts";
import { shortened } from "../../src/draw/xml.ts";
import { countNodes, type ErrorTree, rootCauseOf, type TreeNode } from "../../src/tree/tree.ts";
import { node } from "../support/nodes.ts";
import { hostileTrees } from "./hostile.ts";
import { type Element, readMarkup } from "./markup.ts";

const ALLOWED = new Set(["svg", "style", "rect", "g", "title", "text", "path"]);

function treeOf(root: TreeNode, omitted = 0): ErrorTree {
  return { traceId: "0af7651916cd43dd8448eb211c80319c", root, omitted };
}

function drawn(elements: readonly Element[], name: string): Element[] {
  return elements.filter(({ attributes }) => attributes.get("class")?.split(" ").includes(name));
}

describe("what a file can put into names", () => {
  test.each(["image", "tree"] as const)("is text, never markup, in a drawing as %s", (use) => {
    fc.assert(
      fc.property(hostileTrees(), (tree) => {
        const elements = readMarkup(drawTree(tree, { use, timeOf: () => "1 ms" }).svg);
        expect(drawn(elements, "node")).toHaveLength(countNodes(tree.root));
        for (const { name, attributes } of elements) {
          expect(ALLOWED).toContain(name);
          for (const attribute of attributes.keys()) expect(attribute).not.toMatch(/^on|href|^style$/i);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is shortened to the columns that there are, and never in the middle of a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 60 }),
        fc.integer({ min: 2, max: 40 }),
        (text, columns) => {
          const short = shortened(text, columns);
          expect([...short].length).toBeLessThanOrEqual(columns);
          expect(short).not.toMatch(/\p{Surrogate}/u);
          if (short !== text) expect(text.startsWith(short.slice(0, -1))).toBe(true);
        },
      ),
    );
  });
});

describe("a drawing", () => {
  const cause = node("stock", {
    operation: "SELECT items",
    code: "unavailable",
    peer: "postgresql",
    unanswered: true,
  });
  const root = node(
    "shop",
    { code: "internal" },
    node("mail", { survived: true }),
    node("orders", {}, cause),
  );

  test("marks the root cause once, and the way to it", () => {
    const { svg, nodes, cause: index } = drawTree(treeOf(root));
    const elements = readMarkup(svg);
    expect(nodes[index]).toBe(cause);
    expect(drawn(elements, "badge").map(({ text }) => text)).toEqual(["root cause"]);
    expect(elements.filter((one) => drawn([one], "way").length > 0 && one.name === "g")).toHaveLength(3);
  });

  test("says in plain words what is known of a call", () => {
    const texts = readMarkup(drawTree(treeOf(root)).svg).map(({ text }) => text);
    expect(texts).toContain("stock SELECT items -> postgresql");
    expect(texts).toContain("no response");
    expect(texts.join(" ")).not.toMatch(/unanswered|opaque/);
  });

  test("does not print a code that says nothing", () => {
    expect(drawTree(treeOf(node("a", { code: "unknown" }))).svg).not.toContain("unknown");
  });

  test("says how many nodes had been left out of the tree", () => {
    expect(drawTree(treeOf(root, 7)).svg).toContain("7 more nodes were left out");
  });

  test("of a wide tree has the first nodes and the root cause, and says how many are missing", () => {
    const leaves = Array.from({ length: 5_000 }, (_, i) => node(`s${i}`, i === 4_000 ? { way: true } : {}));
    const tree = treeOf(node("root", {}, ...leaves));
    const drawing = drawTree(tree, { mostNodes: 100 });
    expect(drawing.nodes).toHaveLength(101);
    expect(drawing.nodes[drawing.cause]).toBe(rootCauseOf(tree.root).node);
    expect(drawing.svg).toContain("3901 nodes not drawn here");
    expect(drawing.svg).toContain("999 nodes not drawn here");
  });

  test("of a tree deeper than the stack has its root cause, and is as wide as any", () => {
    let deep = node("leaf");
    for (let i = 0; i < 50_000; i++) deep = node("s", {}, deep);
    const { svg, nodes, cause: index } = drawTree(treeOf(deep));
    expect(nodes[index]?.service).toBe("leaf");
    expect(nodes.length).toBeLessThanOrEqual(2_100);
    expect(svg).toContain('width="800"');
    expect(svg).toContain("[depth 50000] leaf");
  });
});
