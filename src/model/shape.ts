// Which subtrees are equal: every distinct shape gets a number, so that comparing trees is comparing numbers.
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

/** Numbers of the shapes seen so far; two subtrees are equal exactly where their numbers are. */
export class Shapes {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<TreeNode, number>();

  /** Number of the subtree's shape; the root's own `count` is no part of it. Iterative, children before parents. */
  of(root: TreeNode): number {
    const order = [root];
    for (let i = 0; i < order.length; i++) {
      const node = order[i] as TreeNode;
      if (this.#known.has(node)) continue;
      for (const child of node.children) order.push(child);
    }
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i] as TreeNode;
      if (!this.#known.has(node)) this.#known.set(node, this.#number(node));
    }
    return this.#known.get(root) as number;
  }

  #number(node: TreeNode): number {
    let key = identityOf(node);
    for (const child of node.children) if (!child.pending) key += `,${this.#known.get(child)}x${child.count}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
