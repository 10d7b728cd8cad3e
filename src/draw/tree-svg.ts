// Draws an error tree as SVG: a card for each node, the way to the root cause in red.
import { marksOf, outcomeOf, printable } from "../tree/format.ts";
import {
  type ErrorTree,
  isFailed,
  type RootCause,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../tree/tree.ts";
import { type Layout, layOut, type Row } from "./layout.ts";
import { SVG_STYLE } from "./svg-style.ts";
import { whoOf, whyOf } from "./words.ts";
import { shortened, xmlText } from "./xml.ts";

/** How a tree is drawn. */
export interface DrawOptions {
  /** What a node took, as text; `undefined` if it is not known. */
  readonly timeOf?: (node: TreeNode) => string | undefined;
  /** Most nodes that are drawn, besides those nearest to the root cause; the drawing says how many are missing. @default 2000 */
  readonly mostNodes?: number;
  /**
   * `image`: a document of its own with its style, light or dark as its reader likes it. `tree`: an element of a page, which has
   * {@link SVG_STYLE} and moves the focus through the nodes: they have the role `treeitem`. @default "image"
   */
  readonly use?: "image" | "tree";
}

/** A drawing. */
export interface Drawing {
  readonly svg: string;
  /** The nodes that are drawn, in the order of the elements of class `node`. */
  readonly nodes: readonly TreeNode[];
  /** The index of the root cause among them. */
  readonly cause: number;
}

const WIDTH = 800;
const MARGIN = 12;
const INDENT = 20;
/** Deeper nodes are not indented any further; their depth is written. */
const DEEPEST_INDENT = 18;
const LINE = 17;
const GAP = 10;
/** Columns of a line in what a pointer or a screen reader shows. */
const MOST_SPOKEN = 400;
/** Most pixels that a character is wide at a height of 12: in every font of the style it is at most 0.61 of its height. */
const COLUMN = 7.35;

/** Draws a tree. Whatever its texts hold, they are text in the drawing. */
export function drawTree(tree: ErrorTree, options: DrawOptions = {}): Drawing {
  const { timeOf, mostNodes = 2_000, use = "image" } = options;
  const cause = rootCauseOf(tree.root);
  const layout = layOut(cause, mostNodes);
  const pen: Pen = { cause, way: new Set(cause.path), timeOf, isTree: use === "tree" };
  // The way is drawn over other edges.
  const [edges, wayEdges, parts]: [string[], string[], string[]] = [[], [], []];
  const bottoms: number[] = [];
  let y = MARGIN;
  for (const row of layout.rows) {
    if (row.skipped > 0) y = gapLine(parts, row.skipped, y);
    const card = cardOf(row, pen);
    if (row.above !== undefined) {
      (pen.way.has(row.node) ? wayEdges : edges).push(edge(row, bottoms[row.above] as number, y, pen));
    }
    parts.push(card.draw(y));
    bottoms.push(y + card.height);
    y += card.height + GAP;
  }
  y = endLines(parts, layout, tree.omitted, y);
  const drawing = [...edges, ...wayEdges, ...parts].join("\n");
  const label = `Error tree: ${verdictOf(tree.root)}, root cause ${whoOf(cause.node)} ${outcomeOf(cause.node)}`;
  const head = `viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" class="error-tree" aria-label="${xmlText(label)}"`;
  const svg =
    use === "tree"
      ? `<svg ${head} role="tree">\n${drawing}\n</svg>`
      : `<svg xmlns="http://www.w3.org/2000/svg" ${head} role="img">\n<style>${SVG_STYLE}</style>\n<rect class="paper" width="100%" height="100%"/>\n${drawing}\n</svg>`;
  return {
    svg,
    nodes: layout.rows.map(({ node }) => node),
    cause: layout.rows.findIndex(({ node }) => node === cause.node),
  };
}

interface Pen {
  readonly cause: RootCause;
  readonly way: ReadonlySet<TreeNode>;
  readonly timeOf: DrawOptions["timeOf"];
  readonly isTree: boolean;
}

interface Card {
  readonly height: number;
  draw(y: number): string;
}

function leftOf(depth: number): number {
  return MARGIN + INDENT * Math.min(depth, DEEPEST_INDENT);
}

function cardOf(row: Row, pen: Pen): Card {
  const { node, depth } = row;
  const x = leftOf(depth);
  const width = WIDTH - MARGIN - x;
  const isCause = node === pen.cause.node && isFailed(node);
  const lines = linesOf(row, pen);
  const height = 12 + LINE * lines.length;
  const badge = isCause ? (pen.cause.ambiguous ? "root cause, not for sure" : "root cause") : "";
  const columns = Math.floor((width - 40) / COLUMN);
  const texts = lines.map(({ text, style }, i) => {
    const room = i === 0 && badge !== "" ? columns - badge.length - 3 : columns;
    return `<text class="${style}" x="32" y="${19 + LINE * i}">${xmlText(shortened(text, room))}</text>`;
  });
  const whole = lines.map(({ text }) => xmlText(shortened(text, MOST_SPOKEN)));
  const classes = ["node", stateOf(node), isCause ? "cause" : "", pen.way.has(node) ? "way" : ""];
  const item = pen.isTree
    ? ` role="treeitem" tabindex="-1" aria-level="${depth + 1}" aria-label="${badge === "" ? "" : `${badge}: `}${whole.join(", ")}"${row.above === undefined ? "" : ` data-above="${row.above}"`}`
    : "";
  const badgeText =
    badge === "" ? "" : `<text class="badge" x="${width - 10}" y="19" text-anchor="end">${badge}</text>`;
  return {
    height,
    // An svg within cuts off what a text draws beyond its card, as marks piled upon each other do.
    draw: (y) =>
      `<g class="${classes.filter((name) => name !== "").join(" ")}"${item}><title>${whole.join("\n")}</title>` +
      `<rect class="card" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>` +
      `<svg x="${x}" y="${y}" width="${width}" height="${height}"><text class="sign" x="10" y="19">${SIGNS[stateOf(node)]}</text>${badgeText}${texts.join("")}</svg></g>`,
  };
}

interface Line {
  readonly text: string;
  readonly style: "who" | "why" | "marks";
}

function linesOf({ node, depth }: Row, { way, timeOf }: Pen): Line[] {
  const count = node.count > 1 && !node.pending ? ` ×${node.count}` : "";
  const deep = depth > DEEPEST_INDENT ? `[depth ${depth}] ` : "";
  const between = node.hops === undefined ? "" : `(${node.hops} hops) `;
  const time = timeOf?.(node);
  const why = whyOf(node);
  const outcome = `${outcomeOf(node)}${count}${time === undefined ? "" : `, ${time}`}`;
  const marks = marksOf(node, way.has(node));
  return [
    { text: printable(`${deep}${between}${whoOf(node)}`), style: "who" },
    { text: printable(why === "" ? outcome : `${outcome}: ${why}`), style: "why" },
    ...(marks.length === 0 ? [] : [{ text: marks.join(", "), style: "marks" } as const]),
  ];
}

type State = "failed" | "fine" | "pending";
const SIGNS: Readonly<Record<State, string>> = { failed: "✕", fine: "✓", pending: "…" };

function stateOf(node: TreeNode): State {
  if (node.pending) return "pending";
  return isFailed(node) ? "failed" : "fine";
}

/** From beneath the card of the node above to the left side of this one. */
function edge({ node, depth }: Row, from: number, y: number, { way }: Pen): string {
  const x = leftOf(depth);
  const down = depth > DEEPEST_INDENT ? x + INDENT / 2 : x - INDENT / 2;
  const across = depth > DEEPEST_INDENT ? `V${y}` : `V${y + 15}H${x}`;
  return `<path class="${way.has(node) ? "edge way" : "edge"}" d="M${down} ${from}${across}"/>`;
}

function gapLine(parts: string[], skipped: number, y: number): number {
  return line(parts, `${skipped} ${skipped === 1 ? "node" : "nodes"} not drawn here`, y);
}

function endLines(parts: string[], { skippedAfter }: Layout, omitted: number, y: number): number {
  let end = skippedAfter === 0 ? y : gapLine(parts, skippedAfter, y);
  if (omitted > 0)
    end = line(parts, `${omitted} more ${omitted === 1 ? "node was" : "nodes were"} left out`, end);
  return end + MARGIN - GAP;
}

function line(parts: string[], text: string, y: number): number {
  parts.push(`<text class="note" x="${MARGIN}" y="${y + 14}">${text}</text>`);
  return y + LINE + GAP;
}
