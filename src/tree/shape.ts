// Gives every distinct shape of a subtree a number, so that comparing trees is comparing numbers.
import type { TreeNode } from "./tree.ts";

/** The fields by which siblings are equal, as one key. */
export function identityOf(node: TreeNode): string {
  return JSON.stringify([
    node.service,
    node.operation,
    node.at,
    node.peer,
    node.code,
    node.errorType,
    node.message,
    node.unanswered,
    node.opaque,
    node.abandoned,
    node.hops,
    node.pending,
  ]);
}

/**
 * Numbers of the shapes seen so far; two subtrees are equal exactly if their numbers are. A subtree is looked at once,
 * however many trees of a request it stands in.
 */
export class Shapes {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<TreeNode, number>();
  readonly #originals = new WeakMap<TreeNode, TreeNode>();
  /** Texts by number: a key of short numbers takes a fraction of one that repeats long messages. */
  readonly #texts = new Map<string, number>();
  /** Nodes that were looked at. */
  visits = 0;

  /** A node is another one's copy, with nothing changed that a shape is made of: its subtree need not be looked at. */
  copied(copy: TreeNode, original: TreeNode): void {
    this.#originals.set(copy, original);
  }

  /** How many different shapes there were. */
  get size(): number {
    return this.#numbers.size;
  }

  /** Number of the subtree's shape; the root's own `count` is no part of it. Iterative, children before parents. */
  of(node: TreeNode): number {
    const root = this.#originals.get(node) ?? node;
    const known = this.#known.get(root);
    this.visits++;
    if (known !== undefined) return known;
    const order = [root];
    for (let i = 0; i < order.length; i++) {
      for (const child of (order[i] as TreeNode).children) if (!this.#known.has(child)) order.push(child);
    }
    this.visits += order.length;
    for (let i = order.length - 1; i >= 0; i--) {
      const one = order[i] as TreeNode;
      this.#known.set(one, this.#number(one));
    }
    return this.#known.get(root) as number;
  }

  #number(node: TreeNode): number {
    let key = this.#keyOf(node);
    for (const child of node.children) if (!child.pending) key += `,${this.#known.get(child)}x${child.count}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** The same fields as in {@link identityOf}. */
  #keyOf(node: TreeNode): string {
    const { service, operation, at, peer, code, errorType, message, hops = 0 } = node;
    const marks =
      (node.unanswered ? 1 : 0) | (node.opaque ? 2 : 0) | (node.abandoned ? 4 : 0) | (node.pending ? 8 : 0);
    let key = `${marks} ${hops}`;
    for (const text of [service, operation, code, at, peer, errorType, message])
      key += ` ${this.#textNumber(text)}`;
    return key;
  }

  #textNumber(text: string | undefined): number {
    if (text === undefined) return -1;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size);
    return this.#texts.size - 1;
  }
}
