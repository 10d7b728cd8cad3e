// A tree as a person reads it: the root cause first, then the way to it.
import { fingerprintOf } from "../../model/fingerprint.ts";
import { printable } from "../../model/format.ts";
import {
  driftText,
  type ErrorTree,
  isFailed,
  nodesOf,
  originOf,
  type RootCause,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../model/tree.ts";
import { type Paint, painter } from "./paint.ts";
import { wrap } from "./wrap.ts";

/** How a tree is drawn. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns of the terminal; longer lines are wrapped. */
  readonly width: number;
  /** Duration of a span in milliseconds, where it is known. */
  readonly durationOf?: (spanId: string) => number | undefined;
  readonly incomplete?: boolean;
}

/** Deeper nodes are indented no further: their depth is told as a number. */
const DEEPEST_INDENT = 24;

/** The tree, and a last line that can be pasted into a ticket. */
export function treeToText(tree: ErrorTree, style: TextStyle): string {
  const paint = painter(style.colour);
  const cause = rootCauseOf(tree.root);
  const lines = [headline(tree, style, paint), ...causeLines(cause, style, paint), ""];
  const todo = [{ node: tree.root, depth: 0, indent: "", branch: "" }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth, indent, branch } = next;
    const deep = depth > DEEPEST_INDENT ? `[depth ${depth}] ` : "";
    const hang = indent + (branch === "" ? "" : branch === "├─ " ? "│  " : "   ");
    const guide = hang + (node.children.length > 0 ? "│  " : "   ");
    lines.push(
      ...wrap(
        `${deep}${nodeLine(node, node === cause.node && isFailed(node), style, paint)}`,
        indent + branch,
        guide,
        style.width,
      ),
    );
    const why = whyOf(node);
    if (why !== "") lines.push(...wrap(why, guide, guide, style.width));
    for (const frame of node.frames ?? []) lines.push(`${guide}${paint("dim", `at ${printable(frame)}`)}`);
    const last = node.children.length - 1;
    for (let i = last; i >= 0; i--) {
      const child = node.children[i] as TreeNode;
      const deeper = depth < DEEPEST_INDENT ? hang : indent;
      todo.push({ node: child, depth: depth + 1, indent: deeper, branch: i === last ? "└─ " : "├─ " });
    }
  }
  lines.push("", paint("dim", ticketLine(tree, cause)));
  return lines.join("\n");
}

/** A trace in which nothing failed, in one line. */
export function soundTraceToText(traceId: string): string {
  return `ok  trace ${traceId === "" ? "of a header value" : traceId}: nothing failed`;
}

function headline(tree: ErrorTree, style: TextStyle, paint: Paint): string {
  const verdict = verdictOf(tree.root);
  const trace = tree.traceId === "" ? "" : `  trace ${tree.traceId}`;
  const omitted = tree.omitted === 0 ? "" : `  (${tree.omitted} nodes left out)`;
  const incomplete = style.incomplete ? "  perhaps incomplete: the bound on spans was reached" : "";
  const colour = verdict === "failed" ? "red" : "yellow";
  return `${paint(["bold", colour], verdict.toUpperCase())}${trace}${omitted}${incomplete}`;
}

function causeLines(cause: RootCause, { width }: TextStyle, paint: Paint): string[] {
  const { node } = cause;
  const doubt = cause.ambiguous ? " (or a node above it: a fault stands over nothing but rejections)" : "";
  const why = whyOf(node);
  const text = `${paint("bold", who(node))} ${paint(["bold", "red"], node.code)}${why === "" ? "" : `: ${why}`}${doubt}`;
  return wrap(text, "root cause  ", "            ", width);
}

function nodeLine(node: TreeNode, isCause: boolean, style: TextStyle, paint: Paint): string {
  const colour = !isFailed(node) ? "green" : originOf(node) === "self" ? "red" : "yellow";
  const duration = node.spanId === undefined ? undefined : style.durationOf?.(node.spanId);
  const time = duration === undefined ? "" : paint("dim", ` ${formatDuration(duration)}`);
  const count = node.count > 1 ? ` ×${node.count}` : "";
  const hops = node.hops === undefined ? "" : paint("dim", `(${node.hops} hops) `);
  const marks = marksOf(node).map((mark) => paint("dim", ` [${mark}]`));
  const arrow = isCause ? paint(["bold", "red"], "  ◀ root cause") : "";
  return `${hops}${who(node)} ${paint(colour, node.code)}${count}${time}${marks.join("")}${arrow}`;
}

function who(node: TreeNode): string {
  const at = node.at === undefined ? "" : ` at ${node.at}`;
  const peer = node.peer === undefined ? "" : ` -> ${node.peer}`;
  const operation = node.operation === "" ? "" : ` ${node.operation}`;
  return printable(`${node.service}${operation}${at}${peer}`);
}

function whyOf(node: TreeNode): string {
  return printable([node.errorType, node.message].filter((part) => part !== undefined).join(": "));
}

function marksOf(node: TreeNode): string[] {
  const drift = driftText(node);
  return [
    drift === "" ? "" : `drift ${drift}`,
    node.unanswered ? "unanswered" : "",
    node.opaque ? "opaque: answered without a tree" : "",
    node.abandoned ? "abandoned by its caller" : "",
    node.survived ? "survived" : "",
    originOf(node) === "handled" ? "handled" : "",
    node.mixed ? "other codes left out" : "",
  ].filter((mark) => mark !== "");
}

/** Who failed at what and why, in one line without colours. */
function ticketLine(tree: ErrorTree, { node, ambiguous }: RootCause): string {
  const { root } = tree;
  const why = whyOf(node);
  const by = node === root ? "" : ` <- ${who(node)} ${node.code}`;
  const nodes = [...nodesOf(root)].length;
  return [
    `${verdictOf(root)}: ${who(root)} ${root.code}${by}${why === "" ? "" : `: ${why.slice(0, 160)}`}`,
    `${ambiguous ? "ambiguous, " : ""}${nodes} ${nodes === 1 ? "node" : "nodes"}, fingerprint ${fingerprintOf(root)}${tree.traceId === "" ? "" : `, trace ${tree.traceId}`}`,
  ].join(" | ");
}

/** 0.4 ms, 12 ms, 1.50 s, 3 min. */
function formatDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(2)} s` : `${Math.round(ms / 60_000)} min`;
}
