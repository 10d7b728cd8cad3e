// Any tree as lines with branches, one block of lines a node.
import { wrap } from "./wrap.ts";

/** What is drawn of a node. */
export interface Block {
  readonly line: string;
  /** Beneath the line, wrapped like it. */
  readonly notes: readonly string[];
  /** Beneath these, never wrapped. */
  readonly details: readonly string[];
}

/** The lines of a node. */
export interface Drawn<T> {
  readonly node: T;
  readonly lines: readonly string[];
}

/** Deeper nodes are indented no further: their depth is told as a number. */
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
