// Prints a failing tree, and next to each operation what it did in the other trace.
import { stripVTControlCharacters } from "node:util";
import { printable } from "../../tree/format.ts";
import type { Work } from "../../tree/link.ts";
import { redactText } from "../../tree/redact-node.ts";
import { type ErrorTree, rootCauseOf } from "../../tree/tree.ts";
import { type Block, drawTree } from "../print/draw-tree.ts";
import { formatDuration } from "../print/duration.ts";
import { type Paint, painter } from "../print/paint.ts";
import {
  causeLines,
  durationOf,
  durationsOf,
  headline,
  nodeBlock,
  type TextStyle,
  ticketLine,
  wayTo,
} from "../print/tree-text.ts";
import type { StoredTrace } from "../trace-store.ts";
import { type ComparedNode, compareTrees } from "./compared-tree.ts";
import { codeOf, firstDifference } from "./first-difference.ts";

/** Two traces of which the first has the tree. */
export interface Comparison {
  readonly tree: ErrorTree;
  readonly trace: StoredTrace;
  readonly other: StoredTrace;
  /** Why this trace was chosen, for people. */
  readonly why: string;
}

const NOT_THERE = "not there";
const SEPARATOR = " │ ";
/** Columns that the tree keeps, however much there is to print of the other trace. */
const LEAST_COLUMNS = 40;

/** The tree on the left, the other trace on the right, and a last line for a ticket. */
export function compareText(
  { tree, trace, other, why }: Comparison,
  { colour, width: all }: Pick<TextStyle, "colour" | "width">,
): string {
  const paint = painter(colour);
  const style: TextStyle = { colour, width: all, durationOf: durationsOf(trace) };
  const cause = rootCauseOf(tree.root);
  const way = wayTo(cause);
  const root = compareTrees(tree.root, trace.records, other.records);
  const difference = firstDifference(root);
  const right = new Map<ComparedNode, string>();
  for (const { node } of drawTree(root, () => EMPTY, all))
    right.set(node, node.isQuiet ? "" : otherText(node.others, paint));
  const width = Math.max(LEAST_COLUMNS, all - mostColumns(right.values()) - SEPARATOR.length);
  const blockOf = ({ node, others }: ComparedNode): Block =>
    node === undefined ? ghost(others, paint) : nodeBlock(node, way, style);
  const drawn = [...drawTree(root, blockOf, width)];
  const leftColumns = Math.min(width, mostColumns(drawn.map(({ lines }) => lines[0] as string)));
  const lines = [
    headline(tree, style),
    `beside  trace ${printable(other.traceId)}${startText(root)}: ${why}`,
    ...(difference === undefined ? [] : [printable(`first difference: ${difference}`)]),
    ...causeLines(cause, style),
    "",
  ];
  for (const { node, lines: left } of drawn) {
    for (const [i, line] of left.entries()) {
      const space = " ".repeat(Math.max(0, leftColumns - columnsOf(line)));
      lines.push(i === 0 ? `${line}${space}${SEPARATOR}${right.get(node)}` : line);
    }
  }
  lines.push("", ticketLine(tree, cause, style));
  return lines.join("\n");
}

const EMPTY: Block = { line: "", notes: [], details: [] };

/** An operation that only the other trace has. */
function ghost([first]: readonly Work[], paint: Paint): Block {
  const { service, operation, peer } = (first as Work).record;
  const to = (first as Work).entry || peer === undefined ? "" : ` -> ${redactText(peer)}`;
  return {
    line: paint("dim", printable(`${service} ${redactText(operation)}${to} ${NOT_THERE}`)),
    notes: [],
    details: [],
  };
}

/** `ok 12 ms`; for several calls `unavailable ×2, ok 12 ms`, with the time of the last one. */
function otherText(others: readonly Work[], paint: Paint): string {
  const last = others.at(-1);
  if (last === undefined) return paint("dim", NOT_THERE);
  const codes: { code: string; count: number }[] = [];
  for (const work of others) {
    const code = codeOf(work.record);
    const before = codes.at(-1);
    if (before?.code === code) before.count++;
    else codes.push({ code, count: 1 });
  }
  const told = codes.map(({ code, count }) => {
    const text = paint(code === "ok" ? "green" : "red", code);
    return count === 1 ? text : `${text} ×${count}`;
  });
  const duration = durationOf(last.record);
  const time = duration === undefined ? "" : ` ${paint("dim", formatDuration(duration))}`;
  return `${told.join(", ")}${time}`;
}

/** When the operation began in the other trace, if that is known. */
function startText({ others: [first] }: ComparedNode): string {
  if (first === undefined || first.record.start <= 0) return "";
  return ` of ${new Date(first.record.start / 1000).toISOString()}`;
}

function mostColumns(lines: Iterable<string>): number {
  let most = 0;
  for (const line of lines) most = Math.max(most, columnsOf(line));
  return most;
}

function columnsOf(line: string): number {
  return stripVTControlCharacters(line).length;
}
