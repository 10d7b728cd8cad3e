// Splits a graph into the parts that hang together.

interface HasId {
  readonly id: string;
}

interface HasEnds extends HasId {
  readonly from: string;
  readonly to: string;
}

/** Nodes and edges that hang together. */
export interface Part<N, E> {
  readonly nodes: readonly N[];
  readonly edges: readonly E[];
}

/** The parts, in the order of their first nodes. Every end of an edge has to be among the nodes. */
export function partsOf<N extends HasId, E extends HasEnds>(
  nodes: readonly N[],
  edges: readonly E[],
): Part<N, E>[] {
  const above = new Map<string, string>(nodes.map(({ id }) => [id, id]));
  const top = (id: string): string => {
    let at = id;
    for (let next = above.get(at) ?? at; next !== at; next = above.get(at) ?? at) {
      // Halves the way for the next one who asks.
      above.set(at, above.get(next) ?? next);
      at = next;
    }
    return at;
  };
  for (const { from, to } of edges) above.set(top(to), top(from));
  const parts = new Map<string, { nodes: N[]; edges: E[] }>();
  for (const node of nodes) {
    const key = top(node.id);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { nodes: [node], edges: [] });
    else part.nodes.push(node);
  }
  for (const edge of edges) parts.get(top(edge.from))?.edges.push(edge);
  return [...parts.values()];
}
