// Random error trees as a service builds them: leaves failed, siblings distinct as after collapsing.
import fc from "fast-check";
import { CODES, type Code } from "../../src/spans/code.ts";
import { type ErrorTree, nodesOf, type SpanStub, type TreeNode } from "../../src/tree/tree.ts";

/** How large the random trees are. */
export interface TreeBounds {
  /** Nodes from the root down to a leaf, both included. @default 5 */
  readonly depth?: number;
  /** Children of one node. @default 4 */
  readonly width?: number;
  /** Some nodes have a stub of their span. JSON carries none. @default true */
  readonly stubs?: boolean;
}

const codes = Object.keys(CODES) as Code[];
const anyCode: fc.Arbitrary<Code> = fc.constantFrom(...codes);
const failedCode: fc.Arbitrary<Code> = fc.constantFrom(...codes.filter((code) => code !== "ok"));

/** Short names with the characters that escapes are made of, control characters, and all of Unicode. */
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "checkout",
    "GET /items/:id",
    'say "no" \\ ok',
    "tab\tand\r\nline",
    "naïve ☃ 💥",
    "[DRIFT: a -> b] c",
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
  fc.string({
    minLength: 1,
    maxLength: 6,
    unit: fc.constantFrom("\ud83d", "\u007f", "\u0000", '"', "\\", "["),
  }),
);

/** Stubs of spans: most are of short ones, some of one that lived for weeks. */
const anyStub: fc.Arbitrary<SpanStub> = fc.record(
  {
    kind: fc.constantFrom("internal", "server", "client", "producer", "consumer"),
    startMs: fc.oneof(fc.nat(500), fc.nat(0xffff_ffff)),
    durationMs: fc.oneof(fc.nat(500), fc.nat(0xffff_ffff)),
  },
  { noNullPrototype: true },
);

const yes = fc.constant(true as const);
const required = ["service", "operation", "code", "count", "children"] as const;

function nodeWith(
  code: fc.Arbitrary<Code>,
  children: fc.Arbitrary<TreeNode[]>,
  stubs: boolean,
): fc.Arbitrary<TreeNode> {
  const node = fc.record(
    {
      service: fc.oneof(fc.constantFrom("a", "b", "payment"), anyText),
      operation: fc.oneof(fc.constantFrom("GET /", "GET /items/:id"), anyText),
      code,
      at: anyText,
      peer: fc.constantFrom("postgresql", "api.example.com"),
      errorType: fc.constantFrom("ECONNREFUSED", "TypeError"),
      message: anyText,
      frames: fc.array(anyText, { minLength: 1, maxLength: 3 }),
      causes: fc.array(anyText, { minLength: 1, maxLength: 3 }),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5000 })),
      attempt: fc.integer({ min: 1, max: 1_000_000_000 }),
      unanswered: yes,
      opaque: yes,
      abandoned: yes,
      survived: yes,
      own: yes,
      unsure: yes,
      way: yes,
      pending: yes,
      pendingMs: fc.nat(0xffff_ffff),
      exported: yes,
      hops: fc.integer({ min: 1, max: 9 }),
      mixed: yes,
      ...(stubs ? { stub: anyStub } : undefined),
      children,
    },
    { requiredKeys: [...required], noNullPrototype: true },
  );
  return node.map(withFittingMarks);
}

/** The way to a cause leads through failures; a call that still ran has not failed, and had no answer to tell of a failure. */
function withFittingMarks(node: TreeNode): TreeNode {
  const { way, pending, pendingMs, ...rest } = node;
  if (node.code !== "ok") return way ? { ...rest, way } : rest;
  if (!pending || node.children.length > 0) return rest;
  return pendingMs === undefined ? { ...rest, pending } : { ...rest, pending, pendingMs };
}

/** What makes two siblings equal: the identity by which they are collapsed them. */
function identity(node: TreeNode): string {
  return JSON.stringify(node, [
    "service",
    "operation",
    "at",
    "peer",
    "code",
    "errorType",
    "message",
    "children",
  ]);
}

/** Nodes with everything beneath them; every leaf has failed, so that a tree always holds a failure. */
function treeNodes({ depth = 5, width = 4, stubs = true }: TreeBounds = {}): fc.Arbitrary<TreeNode> {
  const leaf = nodeWith(failedCode, fc.constant([]), stubs);
  let node = leaf;
  for (let level = 1; level < depth; level++) {
    const children = fc.uniqueArray(node, { minLength: 1, maxLength: width, selector: identity });
    node = fc.oneof(
      { weight: 1, arbitrary: leaf },
      { weight: 3, arbitrary: nodeWith(anyCode, children, stubs) },
    );
  }
  return node;
}

/** Trees of a trace, some of which had to leave nodes out before. */
export function errorTrees(bounds: TreeBounds = {}): fc.Arbitrary<ErrorTree> {
  return fc.record(
    {
      traceId: fc.constant("0af7651916cd43dd8448eb211c80319c"),
      root: treeNodes(bounds),
      omitted: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
    },
    { noNullPrototype: true },
  );
}

/** The same tree with a span id on every node, by which a test recognises it elsewhere. */
export function withSpanIds(tree: ErrorTree): ErrorTree {
  const nodes = [...nodesOf(tree.root)];
  const copies = new Map<TreeNode, TreeNode>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as TreeNode;
    const children = node.children.map((child) => copies.get(child) as TreeNode);
    copies.set(node, { ...node, spanId: i.toString(16).padStart(16, "0"), children });
  }
  return { ...tree, root: copies.get(tree.root) as TreeNode };
}
