// Makes of a layout what is drawn: boxes, lines with their widths, and labels.
import { edgeId } from "../../graph/edge.ts";
import type { PictureEdge, PictureNode } from "../../graph/picture.ts";
import { type Box, type Curve, curveOf, portOffset } from "./curve.ts";
import type { GraphView } from "./graph-view.ts";
import type { Layout, LayoutInput, PlacedEdge, Point } from "./layout.ts";

/** Size of a node, in pixels at scale 1. */
export const NODE: { readonly width: number; readonly height: number } = { width: 156, height: 44 };
/** Size of the label of an edge, above and beneath its line; narrower if there are many edges. */
const LABEL = { width: 88, height: 32 };
const SMALL_LABEL = { width: 52, height: 30 };
/** From so many edges on labels are narrow. */
const MANY_EDGES = 24;

/** A node at its place. */
interface DrawnNode {
  readonly node: PictureNode;
  readonly at: Point;
}

/** An edge at its place. */
export interface DrawnEdge {
  readonly id: string;
  readonly edge: PictureEdge;
  readonly curve: Curve;
  readonly width: number;
  readonly label: Point;
  /** Where a mark stands on the line: before the label. */
  readonly mark: Point;
}

/** What is drawn, without what has no place yet. */
export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly isSmall: boolean;
}

/** True if labels are narrow. */
function hasSmallLabels({ edges }: Pick<GraphView, "edges">): boolean {
  return edges.length >= MANY_EDGES;
}

/** What is to be laid out. Nodes that were laid out before keep their order from top to bottom. */
export function layoutInput(graph: GraphView, before: Layout | undefined): LayoutInput {
  const label = hasSmallLabels(graph) ? SMALL_LABEL : LABEL;
  const heightOf = (name: string): number => before?.nodes.get(name)?.y ?? Number.POSITIVE_INFINITY;
  const names = graph.nodes.map(({ name }) => name);
  // The sort is stable: what is new keeps the order of its names, at the end.
  if (before !== undefined) names.sort((a, b) => order(heightOf(a), heightOf(b)));
  return {
    nodes: names.map((id) => ({ id, ...NODE })),
    edges: graph.edges.map((edge) => ({ id: edgeId(edge), from: edge.client, to: edge.server, ...label })),
  };
}

/** Names what is laid out: the same nodes and edges have the same key. */
export function structureOf({ nodes, edges }: GraphView): string {
  return JSON.stringify([nodes.map(({ name }) => name), edges.map(edgeId)]);
}

/** Puts a graph where a layout says. */
export function draw(graph: GraphView, layout: Layout): Drawing {
  const nodes = graph.nodes.flatMap((node) => {
    const at = layout.nodes.get(node.name);
    return at === undefined ? [] : [{ node, at }];
  });
  const most = Math.max(1, ...graph.edges.map(({ requests }) => requests));
  const placed = graph.edges.flatMap((edge): Placed[] => {
    const [from, to] = [layout.nodes.get(edge.client), layout.nodes.get(edge.server)];
    const place = layout.edges.get(edgeId(edge));
    if (from === undefined || to === undefined || place === undefined) return [];
    return [{ id: edgeId(edge), edge, place, from: { ...from, ...NODE }, to: { ...to, ...NODE } }];
  });
  const starts = offsets(
    placed,
    ({ edge }) => edge.client,
    ({ place, to }) => place.points[1] ?? to,
  );
  const ends = offsets(
    placed,
    ({ edge }) => edge.server,
    ({ place, from }) => place.points.at(-2) ?? from,
  );
  const edges = placed.map(({ id, edge, place, from, to }): DrawnEdge => {
    const width = lineWidth(edge.requests / most, graph.edges.length);
    const curveEnds = { from, to, fromOffset: starts.get(id) ?? 0, toOffset: ends.get(id) ?? 0 };
    const mark = { x: place.label.x - place.width / 2, y: place.label.y };
    return { id, edge, width, curve: curveOf(place, curveEnds, width), label: place.label, mark };
  });
  return { nodes, edges, isSmall: hasSmallLabels(graph) };
}

interface Placed {
  readonly id: string;
  readonly edge: PictureEdge;
  readonly place: PlacedEdge;
  readonly from: Box;
  readonly to: Box;
}

/** Of the widest line, in pixels; less if there are many. */
const WIDEST = 8;
const WIDEST_OF_MANY = 5;
const NARROWEST = 1.5;

/** The root of the share keeps lines of small rates visible. */
function lineWidth(shareOfMost: number, edges: number): number {
  const widest = edges > 150 ? WIDEST_OF_MANY : WIDEST;
  return Math.round((NARROWEST + (widest - NARROWEST) * Math.sqrt(Math.max(0, shareOfMost))) * 2) / 2;
}

/** Where at the side of its node each edge begins or ends, so that they do not cross there. */
function offsets(
  placed: readonly Placed[],
  nodeOf: (one: Placed) => string,
  towards: (one: Placed) => Point,
): ReadonlyMap<string, number> {
  const sides = new Map<string, Placed[]>();
  for (const one of placed) {
    const node = nodeOf(one);
    const middle = node === one.edge.client ? one.from : one.to;
    const key = `${towards(one).x >= middle.x ? "right" : "left"} ${node}`;
    sides.set(key, [...(sides.get(key) ?? []), one]);
  }
  const result = new Map<string, number>();
  for (const side of sides.values()) {
    side.sort((a, b) => towards(a).y - towards(b).y);
    for (const [i, { id }] of side.entries()) result.set(id, portOffset(i, side.length, NODE.height));
  }
  return result;
}

function order(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The node to which an arrow key leads: a caller, a callee, or the nearest above or beneath. */
export function neighbour(drawing: Drawing, name: string, key: string): string | undefined {
  const at = drawing.nodes.find(({ node }) => node.name === name)?.at;
  if (at === undefined) return drawing.nodes[0]?.node.name;
  const byRate = [...drawing.edges].sort((a, b) => b.edge.requests - a.edge.requests);
  switch (key) {
    case "ArrowRight":
      return byRate.find(({ edge }) => edge.client === name && edge.server !== name)?.edge.server;
    case "ArrowLeft":
      return byRate.find(({ edge }) => edge.server === name && edge.client !== name)?.edge.client;
    case "ArrowDown":
      return nearest(drawing.nodes, at, (y) => y > at.y);
    case "ArrowUp":
      return nearest(drawing.nodes, at, (y) => y < at.y);
    default:
      return undefined;
  }
}

function nearest(
  nodes: readonly DrawnNode[],
  at: Point,
  isWanted: (y: number) => boolean,
): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const { node, at: other } of nodes) {
    // Those of the same column first.
    const distance = Math.abs(other.y - at.y) + 4 * Math.abs(other.x - at.x);
    if (isWanted(other.y) && (best === undefined || distance < best.distance)) {
      best = { name: node.name, distance };
    }
  }
  return best?.name;
}
