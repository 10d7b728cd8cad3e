// Prints an error tree as text: the stack trace of a distributed request.
import { alternativesOf, wayInWords } from "./explain.ts";
import {
  driftText,
  type ErrorTree,
  isFailed,
  originOf,
  type RootCause,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "./tree.ts";

/** Deeper nodes are indented no further: their depth is printed as a number. */
const DEEPEST_INDENT = 32;

/**
 * The tree as a stack trace, one node a line with what is known of it beneath, the root cause marked:
 *
 * ```text
 * failed: root GET / not-found
 * └─ service-b GET / not-found: upstream failed  [drift permission-denied -> not-found]
 *    └─ service-e GET / permission-denied: an error occurred in service service-e  <- root cause
 * ```
 *
 * Control characters are written as escapes, so that a message cannot forge a line.
 */
export function formatTree(tree: ErrorTree): string {
  return formatStart(tree, Number.POSITIVE_INFINITY);
}

/** The same text up to the line in which it passes so many UTF-16 units. */
export function formatStart(tree: ErrorTree, chars: number): string {
  const cause = rootCauseOf(tree.root);
  const mark = causeMark(cause);
  const way = new Set(cause.path);
  const lines: string[] = [];
  const todo = [{ node: tree.root, depth: 0, indent: "", branch: `${verdictOf(tree.root)}: ` }];
  let written = 0;
  for (let next = todo.pop(); next !== undefined && written <= chars; next = todo.pop()) {
    const { node, depth, indent, branch } = next;
    const deep = depth > DEEPEST_INDENT ? `[depth ${depth}] ` : "";
    lines.push(
      `${indent}${branch}${deep}${nodeText(node, way.has(node))}${node === cause.node && isFailed(node) ? `  ${mark}` : ""}`,
    );
    written += (lines.at(-1) as string).length;
    const beneath = depth === 0 ? "" : `${indent}${branch === "├─ " ? "│  " : "   "}`;
    for (const frame of node.frames ?? []) lines.push(`${beneath}     at ${printable(frame)}`);
    for (const cause of node.causes ?? []) lines.push(`${beneath}     caused by: ${printable(cause)}`);
    const last = node.children.length - 1;
    for (let i = last; i >= 0; i--) {
      todo.push({
        node: node.children[i] as TreeNode,
        depth: depth + 1,
        indent: depth < DEEPEST_INDENT ? beneath : indent,
        branch: i === last ? "└─ " : "├─ ",
      });
    }
  }
  for (const { node, why } of alternativesOf(cause)) lines.push(`or: ${subjectOf(node)} (${why})`);
  if (tree.omitted > 0) {
    lines.push(`(${tree.omitted} more ${tree.omitted === 1 ? "node" : "nodes"} left out)`);
  }
  return lines.join("\n");
}

/** The text after the root cause: how sure it is, and why it is this one. */
function causeMark(cause: RootCause): string {
  const why = wayInWords(cause);
  return `<- root cause${cause.ambiguous ? ", not for sure" : ""}${why === undefined ? "" : `, because ${printable(why)}`}`;
}

/** Who failed at what, in a few words. */
function subjectOf(node: TreeNode): string {
  const { service, operation, peer, pending } = node;
  const at = [service, operation].filter((text) => text !== "").join(" ");
  return printable(`${at}${peer === undefined ? "" : ` -> ${peer}`}${pending ? "" : ` ${outcomeOf(node)}`}`);
}

/** One node in one line: who, what, which code, why. */
function nodeText(node: TreeNode, isOnWay: boolean): string {
  const hops = node.hops === undefined ? "" : `(${node.hops} hops) `;
  const peer = node.peer === undefined ? "" : ` -> ${node.peer}`;
  const operation = node.operation === "" ? "" : ` ${node.operation}`;
  const at = node.at === undefined ? "" : ` at ${node.at}`;
  if (node.pending) return printable(`${pendingText(node)}: ${node.service}${operation}${peer}`);
  const count = node.count > 1 ? ` ×${node.count}` : "";
  const why = [node.errorType, node.message].filter((part) => part !== undefined).join(": ");
  const marks = marksOf(node, isOnWay).join(", ");
  const known = marks === "" ? "" : `  [${marks}]`;
  return printable(
    `${hops}${node.service}${operation}${at}${peer} ${outcomeOf(node)}${count}${why === "" ? "" : `: ${why}`}${known}`,
  );
}

/** `pending 1.2 s`: a call that was still running, and how long it had taken; several equal ones with their number. */
export function pendingText({ pendingMs, count }: TreeNode): string {
  const time = pendingMs === undefined ? "" : ` ${secondsText(pendingMs)}`;
  return `pending${count > 1 ? ` ×${count}` : ""}${time}`;
}

function secondsText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** How it ended: its code. If only the failure is known and not its code, `failed`. */
export function outcomeOf(node: TreeNode): string {
  if (node.pending) return pendingText(node);
  return node.code === "unknown" ? "failed" : node.code;
}

/** What else is known of a node, each in a few words that nobody has to look up. */
export function marksOf(node: TreeNode, isOnWay: boolean): string[] {
  // That a span names no code is no change of the code.
  const drift = node.code === "unknown" ? "" : driftText(node);
  return [
    drift === "" ? "" : `drift ${drift}`,
    node.attempt === undefined ? "" : `attempt ${node.attempt}`,
    node.unanswered ? "no response" : "",
    node.opaque ? "the callee did not say why" : "",
    node.abandoned ? "abandoned by its caller" : "",
    node.survived ? survivedText(isOnWay) : "",
    originOf(node) === "handled" ? "handled" : "",
    node.mixed ? "other codes left out" : "",
  ].filter((mark) => mark !== "");
}

/** A survived failure on the way to the root cause is only the likeliest of several. */
function survivedText(isOnWay: boolean): string {
  return isOnWay ? "the request went on after it" : "survived";
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Control and bidi characters as escapes: text of a peer must not move the cursor, turn a line around or begin one. */
export function printable(text: string): string {
  return text.replace(STEERING, (char) =>
    char > "\u00ff" ? unicodeEscape(char) : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** JSON text without such characters, in JSON's own escapes: it means the same. */
export function printableJson(json: string): string {
  return json.replace(STEERING, unicodeEscape);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
