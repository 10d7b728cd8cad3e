// Trees whose texts try to be more than text.
import fc from "fast-check";
import { type ErrorTree, nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=http://elsewhere.test/x onerror=alert(1)>',
  "'-alert(1)-'",
  "]]><svg onload=alert(1)>",
  "</title></style></script><script>alert(1)</script>",
  "<!-- ",
  "-->",
  "<?xml version='1.0'?>",
  "<!DOCTYPE x [<!ENTITY y 'z'>]>",
  "&lt;b&gt;&amp;&#60;script&#62;",
  "&y;",
  "javascript:alert(1)",
  "\u001b[31mred\u0007",
  "\u202eturned round",
  "a\u0000b\ufffe\uffff",
  "\ud83d",
  "\udc00x",
  "Z\u0351\u036b\u0343\u036a".repeat(40),
  "長い名前".repeat(60),
  "💥".repeat(200),
  "x".repeat(5_000),
  "line\nline\r\n\ttab",
];

const piece: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom("<", ">", "&", '"', "'", "/", ";", "=", "-", "!", "]", "a"),
    maxLength: 20,
  }),
);
const hostileText: fc.Arbitrary<string> = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(""));

/** Trees with such a text wherever a file may put one. */
export function hostileTrees(): fc.Arbitrary<ErrorTree> {
  return fc
    .tuple(errorTrees({ depth: 4, width: 3 }), fc.array(hostileText, { minLength: 7, maxLength: 30 }))
    .map(([tree, texts]) => {
      let next = 0;
      const text = (): string => texts[next++ % texts.length] as string;
      const copies = new Map<TreeNode, TreeNode>();
      for (const node of [...nodesOf(tree.root)].reverse()) {
        copies.set(node, {
          ...node,
          service: text(),
          operation: text(),
          at: text(),
          peer: text(),
          errorType: text(),
          message: text(),
          frames: [text(), text()],
          spanId: text(),
          children: node.children.map((child) => copies.get(child) as TreeNode),
        });
      }
      return { ...tree, traceId: text(), root: copies.get(tree.root) as TreeNode };
    });
}
