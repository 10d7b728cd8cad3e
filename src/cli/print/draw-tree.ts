// Draws a tree as lines with branches, one block of lines for each node.
import { wrap } from "./wrap.ts";

/** The lines of one node. */
export interface Block {
  readonly line: string;
  /** Below the first line, wrapped like it. */
  readonly notes: readonly string[];
  /** Below these, never wrapped. */
  readonly details: readonly string[];
}

/** The lines of a node. */
export interface Drawn<T> {
  readonly node: T;
  readonly lines: readonly string[];
}

/** Deeper nodes are not indented any further; their depth is printed as a number. */
const DEEPEST_INDENT = 24;

/** The blocks of all nodes, parents before children. Iterative: a trace may be deeper than our stack. */
export function* drawTree<T extends { readonly children: readonly T[] }>(
  root: T,
  blockOf: (node: T) => Block,
  width: number,
): Generator<Drawn<T>> {
  const todo = [{ node: root, depth: 0, indent: "", branch: "" }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth, indent, branch } = next;
    const { line, notes, details } = blockOf(node);
    const deep = depth > DEEPEST_INDENT ? `[depth ${depth}] ` : "";
    const hang = indent + (branch === "" ? "" : branch === "├─ " ? "│  " : "   ");
    const guide = hang + (node.children.length > 0 ? "│  " : "   ");
    const lines = wrap(deep + line, indent + branch, guide, width);
    for (const note of notes) lines.push(...wrap(note, guide, guide, width));
    for (const detail of details) lines.push(guide + detail);
    yield { node, lines };
    const last = node.children.length - 1;
    for (let i = last; i >= 0; i--) {
      const child = node.children[i] as T;
      const deeper = depth < DEEPEST_INDENT ? hang : indent;
      todo.push({ node: child, depth: depth + 1, indent: deeper, branch: i === last ? "└─ " : "├─ " });
    }
  }
}
