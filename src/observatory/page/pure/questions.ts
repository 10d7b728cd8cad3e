// Answers the three questions that engineers ask of a map: who depends on whom, what does this node reach, where does it start.
import { edgeId } from "../../graph/edge.ts";
import type { PictureEdge } from "../../graph/picture.ts";
import { byNeed } from "./graph-view.ts";

/** A node that is reached from the chosen one. */
export interface Reached {
  readonly name: string;
  /** Edges between, at least 1. */
  readonly distance: number;
  /** Requests on its edges that lead towards the chosen node, or that come from its direction. */
  readonly requests: number;
  readonly failures: number;
}

/** Nodes that are reached, the nearest first, and the edges on the ways, by their ids. */
export interface Reach {
  readonly nodes: readonly Reached[];
  readonly edges: ReadonlySet<string>;
}

/** All that call the node, directly or by others. */
export function upstreamOf(edges: readonly PictureEdge[], node: string): Reach {
  return reach(edges, node, { near: "server", far: "client" });
}

/** All that the node calls, directly or by others. */
export function downstreamOf(edges: readonly PictureEdge[], node: string): Reach {
  return reach(edges, node, { near: "client", far: "server" });
}

/** Everything upstream of the node, that with most requests towards it first. */
export function blastRadius(edges: readonly PictureEdge[], node: string): Reach {
  const { nodes, edges: ways } = upstreamOf(edges, node);
  const byRate = [...nodes].sort((a, b) => b.requests - a.requests || a.distance - b.distance);
  return { nodes: byRate, edges: ways };
}

/**
 * The most downstream edges that fail: those from whose server no other failing edge is reached, but by which they are reached
 * themselves. If none fails, the same of those that warn. The worst first; of a chosen node only what is downstream of it.
 */
export function startsOf(edges: readonly PictureEdge[], node?: string): readonly PictureEdge[] {
  const within = node === undefined ? edges : leadingFrom(edges, node);
  for (const state of ["fail", "warn"] as const) {
    const bad = within.filter((edge) => edge.state === state);
    if (bad.length > 0) return mostDownstream(bad, edges).sort(byNeed);
  }
  return [];
}

interface Direction {
  readonly near: "client" | "server";
  readonly far: "client" | "server";
}

function reach(edges: readonly PictureEdge[], node: string, { near, far }: Direction): Reach {
  const byNear = groupBy(edges, near);
  const distances = new Map([[node, 0]]);
  const counts = new Map<string, { requests: number; failures: number }>();
  const ways = new Set<string>();
  const todo = [node];
  for (let i = 0; i < todo.length; i++) {
    const name = todo[i] as string;
    for (const edge of byNear.get(name) ?? []) {
      ways.add(edgeId(edge));
      const other = edge[far];
      const count = counts.get(other) ?? { requests: 0, failures: 0 };
      count.requests += edge.requests;
      count.failures += edge.failures;
      counts.set(other, count);
      if (distances.has(other)) continue;
      distances.set(other, (distances.get(name) as number) + 1);
      todo.push(other);
    }
  }
  const nodes = todo
    .slice(1)
    .map((name) => ({ name, distance: distances.get(name) as number, ...count(counts.get(name)) }));
  return { nodes, edges: ways };
}

function count(counted: { requests: number; failures: number } | undefined): {
  requests: number;
  failures: number;
} {
  return counted ?? { requests: 0, failures: 0 };
}

/** The edges that begin at the node or downstream of it, or lead to it. */
function leadingFrom(edges: readonly PictureEdge[], node: string): readonly PictureEdge[] {
  const names = new Set([node, ...downstreamOf(edges, node).nodes.map(({ name }) => name)]);
  return edges.filter(({ client, server }) => names.has(client) || server === node);
}

function mostDownstream(bad: readonly PictureEdge[], edges: readonly PictureEdge[]): PictureEdge[] {
  const reached = new Map<string, ReadonlySet<string>>();
  const from = (server: string): ReadonlySet<string> => {
    const known = reached.get(server) ?? downstreamOf(edges, server).edges;
    reached.set(server, known);
    return known;
  };
  return bad.filter((edge) => {
    const id = edgeId(edge);
    const after = from(edge.server);
    return bad.every((other) => other === edge || !after.has(edgeId(other)) || from(other.server).has(id));
  });
}

function groupBy(edges: readonly PictureEdge[], end: "client" | "server"): Map<string, PictureEdge[]> {
  const groups = new Map<string, PictureEdge[]>();
  for (const edge of edges) {
    const group = groups.get(edge[end]);
    if (group === undefined) groups.set(edge[end], [edge]);
    else group.push(edge);
  }
  return groups;
}
