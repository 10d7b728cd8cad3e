// Makes of a tree what may leave the process: the texts of its own nodes are redacted, late and once.
import { collapsed } from "./collapse.ts";
import { withoutOutlines } from "./outline.ts";
import type { Redactor } from "./redact.ts";
import { type NodeTexts, sameTexts, textsOf, withTexts } from "./redact.ts";
import { Shapes } from "./shape.ts";
import type { ErrorTree, TreeNode } from "./tree.ts";

/** A tree as it was built. What leaves the process is what it tells: answers, exports and programs get nothing else. */
export interface BuiltTree {
  /** With the texts of this process as they are: for verdict, cause and kind. It must not leave the process. */
  readonly raw: ErrorTree;
  /** With redacted texts. Made when it is first called; the same tree at every call. */
  told(): ErrorTree;
}

/** The tree of one fragment that was built from its spans, some of them perhaps from answers. */
export class FragmentTree implements BuiltTree {
  readonly raw: ErrorTree;
  readonly #redaction: TreeRedaction;
  readonly #shapes: Shapes;
  #isExported = false;
  #told: ErrorTree | undefined;

  constructor(raw: ErrorTree, redaction: TreeRedaction, shapes: Shapes) {
    this.raw = raw;
    this.#redaction = redaction;
    this.#shapes = shapes;
  }

  told(): ErrorTree {
    if (this.#told === undefined) {
      const told = this.#redaction.told(this.raw, this.#shapes);
      this.#told = this.#isExported ? { ...told, root: withoutOutlines(told.root) } : told;
    }
    return this.#told;
  }

  /** The same, told by a service that writes all of its spans: callers have none left to write. */
  asExported(): FragmentTree {
    const raw = { ...this.raw, root: { ...this.raw.root, exported: true as const } };
    const tree = new FragmentTree(raw, this.#redaction, this.#shapes);
    tree.#isExported = true;
    return tree;
  }
}

/** What a node was, as far as a redactor looks at it, and what was told of it. */
interface Redacted {
  readonly service: string;
  readonly code: string;
  readonly raw: NodeTexts;
  readonly told: NodeTexts;
}

/** Redacts the trees of one fragment, and remembers what it made of each node, however often a tree of it is told. */
export class TreeRedaction {
  readonly #redact: Redactor;
  /** By span id. */
  readonly #known = new Map<string, Redacted>();

  constructor(redact: Redactor) {
    this.#redact = redact;
  }

  /**
   * The tree with the texts of its own nodes redacted; siblings that now say the same become one. Nodes without a span id
   * came in an answer: they have passed the redactor of who sent them. Iterative, children before parents.
   */
  told(tree: ErrorTree, shapes: Shapes = new Shapes()): ErrorTree {
    const own = ownNodesOf(tree.root);
    const told = new Map<TreeNode, TreeNode>();
    for (let i = own.length - 1; i >= 0; i--) {
      const node = own[i] as TreeNode;
      const redacted = this.#redacted(node);
      const children = node.children.map((child) => told.get(child) ?? child);
      const same = children.every((child, place) => child === node.children[place]);
      told.set(node, same ? redacted : { ...redacted, children: collapsed(children, shapes) });
    }
    const root = told.get(tree.root) ?? tree.root;
    return root === tree.root ? tree : { ...tree, root };
  }

  #redacted(node: TreeNode): TreeNode {
    const { service, code, spanId = "" } = node;
    const raw = textsOf(node);
    const known = this.#known.get(spanId);
    if (known?.service === service && known.code === code && sameTexts(known.raw, raw)) {
      return known.raw === known.told ? node : withTexts(node, known.told);
    }
    const redacted = this.#redact(node);
    this.#known.set(spanId, { service, code, raw, told: redacted === node ? raw : textsOf(redacted) });
    return redacted;
  }
}

/** The nodes of this process, parents before children: beneath an answer there are none. */
function ownNodesOf(root: TreeNode): TreeNode[] {
  const own: TreeNode[] = [];
  const todo = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.spanId === undefined) continue;
    own.push(node);
    for (let i = node.children.length - 1; i >= 0; i--) todo.push(node.children[i] as TreeNode);
  }
  return own;
}
