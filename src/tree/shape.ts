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
  #tables: Tables | undefined;
  /** Nodes that were looked at. */
  visits = 0;

  /** Made when first needed: in most failing requests no node has a sibling. */
  get #made(): Tables {
    this.#tables ??= new Tables();
    return this.#tables;
  }

  /** A node is another one's copy, with nothing changed that a shape is made of: its subtree need not be looked at. */
  copied(copy: TreeNode, original: TreeNode): void {
    this.#made.originals.set(copy, original);
  }

  /** How many different shapes there were. */
  get size(): number {
    return this.#tables?.numbers.size ?? 0;
  }

  /** Number of the subtree's shape; the root's own `count` is no part of it. Iterative, children before parents. */
  of(node: TreeNode): number {
    const { originals, known: numbers } = this.#made;
    const root = originals.get(node) ?? node;
    const known = numbers.get(root);
    this.visits++;
    if (known !== undefined) return known;
    const order = [root];
    for (let i = 0; i < order.length; i++) {
      for (const child of (order[i] as TreeNode).children) if (!numbers.has(child)) order.push(child);
    }
    this.visits += order.length;
    for (let i = order.length - 1; i >= 0; i--) {
      const one = order[i] as TreeNode;
      numbers.set(one, this.#number(one));
    }
    return numbers.get(root) as number;
  }

  #number(node: TreeNode): number {
    let key = this.#keyOf(node);
    const { known, numbers } = this.#made;
    for (const child of node.children) if (!child.pending) key += `,${known.get(child)}x${child.count}`;
    return numberIn(numbers, key);
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
    return text === undefined ? -1 : numberIn(this.#made.texts, text);
  }
}

/** What is known of shapes. */
class Tables {
  readonly numbers = new Map<string, number>();
  readonly known = new WeakMap<TreeNode, number>();
  readonly originals = new WeakMap<TreeNode, TreeNode>();
  /** Texts by number: a key of short numbers takes a fraction of one that repeats long messages. */
  readonly texts = new Map<string, number>();
}

/** The number of a text, which is a new one if it was not seen before. */
function numberIn(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size);
  return numbers.size - 1;
}
