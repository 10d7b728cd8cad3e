// Bounds how much text of one tree is redacted: what a hostile tree has beyond that is cut before.

import { cutText, ELLIPSIS, MOST_READ } from "../redact/text.ts";
import { allTexts, type NodeTexts } from "./redact-node.ts";
import type { TreeNode } from "./tree.ts";

/** Most UTF-16 units that are read of one tree: eight times what is exported as its text. */
export const MOST_TREE_CHARS = 65_536;
/** The same of one name in a tree that has more text than that. */
const MOST_NAME_CHARS = 128;

/** The texts of a tree as far as they are read. */
interface Fitting {
  /** What of each node is read; absent if that is all there is. */
  readonly texts: ReadonlyMap<TreeNode, NodeTexts> | undefined;
  /** How many texts are not read to their end. */
  readonly cut: number;
}

/**
 * The texts of these nodes as far as there is room for them. If there is not for all, names come first, because a node without
 * one says little; then messages, then causes, then frames, those of the first nodes before those of others. What is cut ends at the end
 * of a word, so that no half of a credential is left.
 */
export function fittingTexts(
  nodes: readonly TreeNode[],
  first: () => readonly TreeNode[],
  mostChars: number,
): Fitting {
  let chars = 0;
  let cut = 0;
  for (const node of nodes) {
    for (const text of allTexts(node)) {
      chars += Math.min(text.length, MOST_READ);
      if (text.length > MOST_READ) cut++;
    }
  }
  if (chars <= mostChars) return { texts: undefined, cut };
  const known = new Set(nodes);
  const order = new Set([...first().filter((node) => known.has(node)), ...nodes]);
  const room = new ByteBudget(mostChars);
  return { texts: room.textsOf([...order]), cut: room.cut };
}

/** Hands out what may be read. */
class ByteBudget {
  #left: number;
  cut = 0;

  constructor(chars: number) {
    this.#left = chars;
  }

  textsOf(order: readonly TreeNode[]): ReadonlyMap<TreeNode, NodeTexts> {
    const names = order.map(({ operation, errorType, at, peer }) => ({
      operation: this.#fitting(operation, MOST_NAME_CHARS) ?? "",
      errorType: this.#fitting(errorType, MOST_NAME_CHARS),
      at: this.#fitting(at, MOST_NAME_CHARS),
      peer: this.#fitting(peer, MOST_NAME_CHARS),
    }));
    const messages = order.map(({ message }) => this.#fitting(message, MOST_READ));
    const causes = order.map(({ causes }) => this.#fittingList(causes));
    const frames = order.map(({ frames }) => this.#fittingList(frames));
    return new Map(
      order.map((node, i) => [
        node,
        {
          ...(names[i] as (typeof names)[number]),
          message: messages[i],
          frames: frames[i],
          causes: causes[i],
        },
      ]),
    );
  }

  #fittingList(texts: readonly string[] | undefined): string[] | undefined {
    return texts?.map((text) => this.#fitting(text, MOST_READ)).filter((text) => text !== undefined);
  }

  /** The text, its beginning, or nothing. The part that is dropped at the cut counts as read, too. */
  #fitting(text: string | undefined, most: number): string | undefined {
    if (text === undefined) return undefined;
    const limit = Math.min(most, this.#left);
    this.#left -= Math.min(limit, text.length);
    if (text.length <= limit) return text;
    this.cut++;
    const kept = cutText(text, limit - 1);
    return kept === "" ? undefined : kept + ELLIPSIS;
  }
}
