// Lays a graph out from left to right: dagre for each part that hangs together, the parts beside each other.
import { Graph, layout as layOutByDagre } from "@dagrejs/dagre";
import { pack } from "./pack.ts";
import { partsOf } from "./parts.ts";

/** A node that is to be placed, with its size in pixels. */
interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** An edge, with the size of its label. */
interface LayoutEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly width: number;
  readonly height: number;
}

/** What is to be laid out. The order of the nodes is kept as far as that crosses no more edges. */
export interface LayoutInput {
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
}

/** A point. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where an edge runs, and where its label stands with its middle. */
export interface PlacedEdge {
  readonly points: readonly Point[];
  readonly label: Point;
  /** Of the label. */
  readonly width: number;
}

/** Where everything is. Nodes are placed by their middle. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Point>;
  readonly edges: ReadonlyMap<string, PlacedEdge>;
}

/** Between parts that do not hang together. */
const GAP = { x: 44, y: 22 };
const MARGIN = 24;
/** Width over height that parts beside each other have together: about that of the place on the page. */
const RATIO = 2.4;
/** Up to so many edges there is room for wide curves. */
const FEW_EDGES = 24;
/** From so many edges on the layout is made by the faster, less beautiful way: 300 nodes took 1.8 s by the other, 1.0 s by this. */
const MANY_EDGES = 400;

interface PlacedPart {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly (readonly [id: string, point: Point])[];
  readonly edges: readonly (readonly [id: string, edge: PlacedEdge])[];
}

/** Places all nodes and edges. An edge with an end that is no node is left out. */
export function layOut({ nodes, edges }: LayoutInput): Layout {
  const ids = new Set(nodes.map(({ id }) => id));
  const whole = edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
  const parts = partsOf(nodes, whole).map((part) => placePart(part.nodes, part.edges));
  const { places, width, height } = pack(parts, { gap: GAP, ratio: RATIO });
  const placedNodes = new Map<string, Point>();
  const placedEdges = new Map<string, PlacedEdge>();
  for (const [i, part] of parts.entries()) {
    const place = places[i] as Point;
    const offset = { x: place.x + MARGIN, y: place.y + MARGIN };
    for (const [id, point] of part.nodes) placedNodes.set(id, moved(point, offset));
    for (const [id, { points, label, width: labelWidth }] of part.edges) {
      placedEdges.set(id, {
        width: labelWidth,
        points: points.map((point) => moved(point, offset)),
        label: moved(label, offset),
      });
    }
  }
  return {
    width: width + 2 * MARGIN,
    height: height + 2 * MARGIN,
    nodes: placedNodes,
    edges: placedEdges,
  };
}

function placePart(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): PlacedPart {
  const isLarge = edges.length > MANY_EDGES;
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: "LR",
    nodesep: isLarge ? 6 : 16,
    edgesep: isLarge ? 1 : 18,
    ranksep: edges.length <= FEW_EDGES ? 58 : 34,
    acyclicer: "greedy",
    ranker: isLarge ? "longest-path" : "network-simplex",
  });
  // Numbers in place of names: dagre keeps them as keys of plain objects, where "__proto__" is none.
  const keys = new Map(nodes.map(({ id }, i) => [id, String(i)]));
  const keyOf = (id: string): string => keys.get(id) as string;
  for (const { id, width, height } of nodes) graph.setNode(keyOf(id), { width, height });
  for (const [i, { from, to, width, height }] of edges.entries()) {
    graph.setEdge(keyOf(from), keyOf(to), { width, height, labelpos: "c" }, String(i));
  }
  layOutByDagre(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map(({ id }) => [id, pointOf(graph.node(keyOf(id)))]),
    edges: edges.map(({ id, from, to, width: labelWidth }, i) => {
      const placed = graph.edge({ v: keyOf(from), w: keyOf(to), name: String(i) }) as Partial<Point> & {
        points?: Point[];
      };
      return [id, { points: (placed.points ?? []).map(pointOf), label: pointOf(placed), width: labelWidth }];
    }),
  };
}

function pointOf({ x = 0, y = 0 }: Partial<Point>): Point {
  return { x, y };
}

function moved({ x, y }: Point, by: Point): Point {
  return { x: x + by.x, y: y + by.y };
}
