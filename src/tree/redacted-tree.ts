// Redacts the texts of a tree's own nodes before it leaves the process: only if somebody reads it, and once.
import { collapsed } from "./collapse.ts";
import { type NodeTexts, type Redactor, sameTexts, textsOf, withTexts } from "./redact-node.ts";
import { Shapes } from "./shape.ts";
import { withoutStubs } from "./span-stub.ts";
import { fittingTexts, MOST_TREE_CHARS } from "./text-budget.ts";
import { type ErrorTree, rootCauseOf, type TreeNode } from "./tree.ts";

/** A tree as it was built, and as it may leave the process: answers, exports and programs get the redacted one alone. */
export interface BuiltTree {
  /** With the texts of this process as they are: for verdict, cause and kind. It must not leave the process. */
  readonly raw: ErrorTree;
  /** With redacted texts. Made at the first call; the same tree at every call. */
  redacted(): ErrorTree;
}

/** The tree of one fragment that was built from its spans, some of them perhaps from answers. */
export class FragmentTree implements BuiltTree {
  readonly raw: ErrorTree;
  readonly #redaction: TreeRedaction;
  readonly #shapes: Shapes;
  #isExported = false;
  #redacted: ErrorTree | undefined;

  constructor(raw: ErrorTree, redaction: TreeRedaction, shapes: Shapes) {
    this.raw = raw;
    this.#redaction = redaction;
    this.#shapes = shapes;
  }

  redacted(): ErrorTree {
    if (this.#redacted === undefined) {
      const tree = this.#redaction.redact(this.raw, this.#shapes);
      this.#redacted = this.#isExported ? { ...tree, root: withoutStubs(tree.root) } : tree;
    }
    return this.#redacted;
  }

  /** The same tree of a service that exports all of its spans: its callers need to synthesize none. */
  asExported(): FragmentTree {
    const raw = { ...this.raw, root: { ...this.raw.root, exported: true as const } };
    const tree = new FragmentTree(raw, this.#redaction, this.#shapes);
    tree.#isExported = true;
    return tree;
  }
}

/** How trees are redacted. */
export interface RedactionOptions {
  readonly redact: Redactor;
  /** Most UTF-16 units of one tree that are read. @default 65536 */
  readonly mostChars?: number;
  /** Called with the number of texts of a tree that were not read to their end. */
  readonly onCut?: (texts: number) => void;
}

/** A node as far as a redactor looks at it, and what the redactor made of it. */
interface Redacted {
  readonly service: string;
  readonly code: string;
  readonly raw: NodeTexts;
  readonly redacted: NodeTexts;
}

/** Redacts the trees of one fragment, and remembers what it made of each node, however many trees it stands in. */
export class TreeRedaction {
  readonly #options: RedactionOptions;
  /** By span id. */
  readonly #known = new Map<string, Redacted>();

  constructor(options: RedactionOptions) {
    this.#options = options;
  }

  /**
   * The tree with the texts of its own nodes redacted; siblings that now say the same become one. Nodes without a span id
   * came in an answer: the service that sent them has redacted them. Iterative, children before parents.
   */
  redact(tree: ErrorTree, shapes: Shapes = new Shapes()): ErrorTree {
    const own = ownNodesOf(tree.root);
    this.#learn(own, tree.root);
    const done = new Map<TreeNode, TreeNode>();
    for (let i = own.length - 1; i >= 0; i--) {
      const node = own[i] as TreeNode;
      const { raw, redacted: texts } = this.#known.get(node.spanId as string) as Redacted;
      const redacted = raw === texts ? node : withTexts(node, texts);
      const children = node.children.map((child) => withoutDetail(done.get(child) ?? child));
      const same = children.every((child, place) => child === node.children[place]);
      done.set(node, same ? redacted : { ...redacted, children: collapsed(redacted, children, shapes) });
    }
    const root = done.get(tree.root) ?? tree.root;
    return root === tree.root ? tree : { ...tree, root };
  }

  /** Redacts what is new, the way to the root cause first: if not all of it can be read, that is. */
  #learn(own: readonly TreeNode[], root: TreeNode): void {
    const { redact, mostChars = MOST_TREE_CHARS, onCut } = this.#options;
    const news = own.filter((node) => !this.#knows(node));
    if (news.length === 0) return;
    const { texts, cut } = fittingTexts(news, () => rootCauseOf(root).path, mostChars);
    if (cut > 0) onCut?.(cut);
    for (const node of news) {
      const { service, code, spanId } = node;
      const raw = textsOf(node);
      const read = texts?.get(node);
      const before = read === undefined ? node : withTexts(node, read);
      const after = redact(before);
      const redacted = after === node ? raw : textsOf(after);
      this.#known.set(spanId as string, { service, code, raw, redacted });
    }
  }

  #knows(node: TreeNode): boolean {
    const known = this.#known.get(node.spanId as string);
    return known?.service === node.service && known.code === node.code && sameTexts(known.raw, textsOf(node));
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

/** The detail of a reason quotes the program's own error, which is not redacted. */
function withoutDetail(node: TreeNode): TreeNode {
  return node.because?.detail === undefined ? node : { ...node, because: { why: node.because.why } };
}
