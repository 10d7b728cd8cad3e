// Chooses what of a picture is drawn: what was searched for, what is unhealthy, or the unhealthy and the heaviest of many.
import { edgeId } from "../../graph/edge.ts";
import type { PictureEdge, PictureNode } from "../../graph/picture.ts";
import { bySeverity, isUnhealthy } from "./standing.ts";

/** Above so many nodes a graph is folded. */
export const MOST_NODES = 60;
/** How many of the heaviest edges a folded graph shows in any case. */
const HEAVIEST = 25;
/** Most unhealthy edges in a folded graph. */
const MOST_UNHEALTHY = 120;
/** Of so many of them the way by which their traffic comes is shown. */
const MOST_WAYS = 30;
/** Most edges that stay in a folded graph because they were in it before. */
const MOST_KEPT = 60;

/** Nodes and edges. */
export interface Graph {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

/** How many edges of a node are folded. */
interface Folded {
  readonly callers: number;
  readonly callees: number;
}

/** What is drawn. */
export interface GraphView extends Graph {
  readonly hiddenNodes: number;
  readonly hiddenEdges: number;
  /** Of nodes that are drawn, those with edges that are not. */
  readonly folded: ReadonlyMap<string, Folded>;
}

/** What the reader wants to see. */
export interface ViewOptions {
  readonly search: string;
  readonly unhealthyOnly: boolean;
  /** True if nothing is to be folded. */
  readonly whole: boolean;
  /** Nodes whose edges are all shown. */
  readonly opened: ReadonlySet<string>;
  /** Edges, by their ids, that are shown in any case: those of an answer. */
  readonly asked: ReadonlySet<string>;
  /** Edges, by their ids, that were drawn until now. */
  readonly drawn: ReadonlySet<string>;
}

/** What is drawn of a graph. */
export function viewOfGraph(graph: Graph, options: ViewOptions): GraphView {
  const found = search(graph, options.search);
  const edges = options.unhealthyOnly
    ? found.edges.filter((edge) => isUnhealthy(edge) || options.asked.has(edgeId(edge)))
    : found.edges;
  const nodes = options.unhealthyOnly ? endsOf(found.nodes, edges) : found.nodes;
  if (options.whole || nodes.length <= MOST_NODES) {
    return { nodes, edges, hiddenNodes: 0, hiddenEdges: 0, folded: new Map() };
  }
  return fold({ nodes, edges }, options);
}

/** The edges with an end whose name holds the text, and the nodes on them. */
export function search(graph: Graph, text: string): Graph {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return graph;
  const matches = (name: string): boolean => name.toLowerCase().includes(wanted);
  const edges = graph.edges.filter(({ client, server }) => matches(client) || matches(server));
  const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
  return { edges, nodes: graph.nodes.filter(({ name }) => ends.has(name) || matches(name)) };
}

function fold({ nodes, edges }: Graph, { opened, asked, drawn }: ViewOptions): GraphView {
  const shown = new Set<PictureEdge>();
  const unhealthy = edges.filter(isUnhealthy).sort(byNeed);
  for (const edge of unhealthy.slice(0, MOST_UNHEALTHY)) shown.add(edge);
  const heaviestInto = heaviestCallers(edges);
  for (const edge of unhealthy.slice(0, MOST_WAYS)) {
    for (let at: PictureEdge | undefined = edge; at !== undefined; ) {
      at = heaviestInto.get(at.client);
      // A circle has no beginning.
      if (at !== undefined && shown.has(at)) break;
      if (at !== undefined) shown.add(at);
    }
  }
  const heaviest = [...edges].sort((a, b) => b.requests - a.requests);
  for (const edge of heaviest.slice(0, HEAVIEST)) shown.add(edge);
  for (const edge of edges) {
    if (opened.has(edge.client) || opened.has(edge.server) || asked.has(edgeId(edge))) shown.add(edge);
  }
  // What was drawn stays, or the graph would jump with each edge that recovers.
  let kept = 0;
  for (const edge of edges) {
    if (kept < MOST_KEPT && !shown.has(edge) && drawn.has(edgeId(edge))) {
      shown.add(edge);
      kept++;
    }
  }
  const drawnEdges = edges.filter((edge) => shown.has(edge));
  const drawnNodes = endsOf(nodes, drawnEdges, opened);
  const names = new Set(drawnNodes.map(({ name }) => name));
  const folded = new Map<string, Folded>();
  for (const edge of edges) {
    if (shown.has(edge)) continue;
    addFolded(folded, names, edge);
  }
  return {
    nodes: drawnNodes,
    edges: drawnEdges,
    hiddenNodes: nodes.length - drawnNodes.length,
    hiddenEdges: edges.length - drawnEdges.length,
    folded,
  };
}

/** The heaviest of the edges that lead to each node. */
function heaviestCallers(edges: readonly PictureEdge[]): ReadonlyMap<string, PictureEdge> {
  const heaviest = new Map<string, PictureEdge>();
  for (const edge of edges) {
    const other = heaviest.get(edge.server);
    if (other === undefined || edge.requests > other.requests) heaviest.set(edge.server, edge);
  }
  return heaviest;
}

function addFolded(folded: Map<string, Folded>, names: ReadonlySet<string>, edge: PictureEdge): void {
  const { client, server } = edge;
  const none = { callers: 0, callees: 0 };
  if (names.has(client)) {
    const before = folded.get(client) ?? none;
    folded.set(client, { ...before, callees: before.callees + 1 });
  }
  if (names.has(server)) {
    const before = folded.get(server) ?? none;
    folded.set(server, { ...before, callers: before.callers + 1 });
  }
}

function endsOf(
  nodes: readonly PictureNode[],
  edges: readonly PictureEdge[],
  also: ReadonlySet<string> = new Set(),
): readonly PictureNode[] {
  const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
  return nodes.filter(({ name }) => ends.has(name) || also.has(name));
}

/** The worst first, and of the same state those with most failures, then most requests. */
export function byNeed(a: PictureEdge, b: PictureEdge): number {
  return (
    bySeverity(a.state, b.state) ||
    b.failures - a.failures ||
    b.context.missing - a.context.missing ||
    b.requests - a.requests
  );
}
