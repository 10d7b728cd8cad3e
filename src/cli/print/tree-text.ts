// Prints a tree for people: first the root cause, then the way to it.

import { subjectOf, whoOf, whyOf } from "../../draw/words.ts";
import type { SpanRecord } from "../../spans/span-record.ts";
import { alternativesOf, reasonsIn, wayInWords } from "../../tree/explain.ts";
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { marksOf, outcomeOf, pendingText, printable } from "../../tree/format.ts";
import {
  type ErrorTree,
  isFailed,
  nodesOf,
  originOf,
  type RootCause,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../tree/tree.ts";
import type { StoredTrace } from "../trace-store.ts";
import { type Block, drawTree } from "./draw-tree.ts";
import { formatDuration } from "./duration.ts";
import { type Paint, painter } from "./paint.ts";
import { wrap } from "./wrap.ts";

/** How a tree is drawn. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns of the terminal; longer lines are wrapped. */
  readonly width: number;
  /** Duration of a span in milliseconds, if it is known. */
  readonly durationOf?: (spanId: string) => number | undefined;
  readonly incomplete?: boolean;
  /** A line beneath the headline. */
  readonly note?: string | undefined;
  /** Says of each node which principle decided about it. @default false */
  readonly explain?: boolean;
}

/** The durations of spans, for {@link TextStyle.durationOf}. */
export function durationsOf({ byId }: Pick<StoredTrace, "byId">): (spanId: string) => number | undefined {
  return (spanId) => {
    const record = byId.get(spanId);
    return record === undefined ? undefined : durationOf(record);
  };
}

/** In milliseconds; `undefined` if a time is missing, or both are the same, which says no more. */
export function durationOf({ start, end }: Pick<SpanRecord, "start" | "end">): number | undefined {
  return start > 0 && end > start && Number.isFinite(end) ? (end - start) / 1000 : undefined;
}

/** The tree, and a last line that can be pasted into a ticket. */
export function treeToText(tree: ErrorTree, style: TextStyle): string {
  const cause = rootCauseOf(tree.root);
  const lines = [headline(tree, style), ...causeLines(cause, style), ""];
  if (style.note !== undefined)
    lines.splice(1, 0, ...wrap(style.note, "seen        ", NEXT_LINE, style.width));
  const way = wayTo(cause);
  const reasons = style.explain ? reasonsIn(tree.root) : undefined;
  const blockOf = (node: TreeNode): Block => {
    const block = nodeBlock(node, way, style);
    const more = reasons?.get(node) ?? [];
    return more.length === 0 ? block : { ...block, notes: [...block.notes, ...more.map(printable)] };
  };
  const drawn = drawTree(tree.root, blockOf, style.width);
  for (const block of drawn) lines.push(...block.lines);
  lines.push("", ticketLine(tree, cause, style));
  return lines.join("\n");
}

/** A trace in which nothing failed, in one line. */
export function soundTraceToText(traceId: string): string {
  return `ok  trace ${traceId === "" ? "of a header value" : printable(traceId)}: nothing failed`;
}

/** The verdict, the trace, and what is missing. */
export function headline(tree: ErrorTree, style: TextStyle): string {
  const paint = painter(style.colour);
  const verdict = verdictOf(tree.root);
  const trace = tree.traceId === "" ? "" : `  trace ${printable(tree.traceId)}`;
  const omitted = tree.omitted === 0 ? "" : `  (${tree.omitted} nodes left out)`;
  const incomplete = style.incomplete ? "  perhaps incomplete: the bound on spans was reached" : "";
  const colour = verdict === "failed" ? "red" : "yellow";
  return `${paint(["bold", colour], verdict.toUpperCase())}${trace}${omitted}${incomplete}`;
}

/** The root cause and why it failed. */
export function causeLines(cause: RootCause, { colour, width }: TextStyle): string[] {
  const paint = painter(colour);
  const { node } = cause;
  const doubt = cause.ambiguous ? " (not for sure)" : "";
  const why = printedWhy(node);
  const text = `${paint("bold", who(node))} ${paint(["bold", "red"], outcomeOf(node))}${why === "" ? "" : `: ${why}`}${doubt}`;
  const lines = wrap(text, "root cause  ", NEXT_LINE, width);
  const because = wayInWords(cause);
  if (because !== undefined) lines.push(...wrap(printable(because), "because     ", NEXT_LINE, width));
  for (const { node: other, why: also } of alternativesOf(cause)) {
    lines.push(...wrap(`${printable(subjectOf(other))} (${also})`, "or          ", NEXT_LINE, width));
  }
  return lines;
}

const NEXT_LINE = "            ";

/** A tree's root cause, and the nodes on the way to it. */
export interface Way {
  readonly end: TreeNode;
  readonly nodes: ReadonlySet<TreeNode>;
}

export function wayTo({ node, path }: RootCause): Way {
  return { end: node, nodes: new Set(path) };
}

/** A node of a tree with that way to its root cause. */
export function nodeBlock(node: TreeNode, way: Way, style: TextStyle): Block {
  const paint = painter(style.colour);
  const why = printedWhy(node);
  return {
    line: nodeLine(node, way, style, paint),
    notes: why === "" ? [] : [why],
    details: [
      ...(node.frames ?? []).map((frame) => paint("dim", `at ${printable(frame)}`)),
      ...(node.causes ?? []).map((cause) => `caused by: ${printable(cause)}`),
    ],
  };
}

function nodeLine(node: TreeNode, way: Way, style: TextStyle, paint: Paint): string {
  if (node.pending) return `${paint("yellow", pendingText(node))}: ${who(node)}`;
  const colour = !isFailed(node) ? "green" : originOf(node) === "self" ? "red" : "yellow";
  const duration = node.spanId === undefined ? undefined : style.durationOf?.(node.spanId);
  const time = duration === undefined ? "" : paint("dim", ` ${formatDuration(duration)}`);
  const count = node.count > 1 ? ` ×${node.count}` : "";
  const hops = node.hops === undefined ? "" : paint("dim", `(${node.hops} hops) `);
  const marks = marksOf(node, way.nodes.has(node)).map((mark) => paint("dim", ` [${mark}]`));
  const arrow = node === way.end && isFailed(node) ? paint(["bold", "red"], "  ◀ root cause") : "";
  return `${hops}${who(node)} ${paint(colour, outcomeOf(node))}${count}${time}${marks.join("")}${arrow}`;
}

function who(node: TreeNode): string {
  return printable(whoOf(node));
}

function printedWhy(node: TreeNode): string {
  return printable(whyOf(node));
}

/** Which service failed at what and why, in one line that can be pasted into a ticket. */
export function ticketLine(tree: ErrorTree, { node, ambiguous }: RootCause, { colour }: TextStyle): string {
  const { root } = tree;
  const why = printedWhy(node);
  const by = node === root ? "" : ` <- ${who(node)} ${outcomeOf(node)}`;
  const nodes = [...nodesOf(root)].length;
  const line = [
    `${verdictOf(root)}: ${who(root)} ${outcomeOf(root)}${by}${why === "" ? "" : `: ${why.slice(0, 160)}`}`,
    `${ambiguous ? "ambiguous, " : ""}${nodes} ${nodes === 1 ? "node" : "nodes"}, fingerprint ${fingerprintOf(root)}${tree.traceId === "" ? "" : `, trace ${printable(tree.traceId)}`}`,
  ].join(" | ");
  return painter(colour)("dim", line);
}
