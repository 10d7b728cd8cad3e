// Holds what is counted on each edge of one service, with a bound on how many there are.
import { type ConnectionType, EdgeCounts, type EdgeKey, edgeId, OTHER } from "../graph/edge.ts";

/** Who has named the other end: a caller in its ask, a callee in its answer, or this program in its own spans. */
export type NamedBy = "caller" | "callee" | "program";

/**
 * Most edges of one service, those that stand for all others aside. Each has a bound of its own: a caller or a callee that we trust may
 * invent names, and a program may call hosts that its users name; neither takes the room of the others.
 */
export const MOST_EDGES: Readonly<Record<NamedBy, number>> = { caller: 200, callee: 100, program: 200 };

/** An edge and its counts. */
export interface Edge {
  readonly key: EdgeKey;
  readonly counts: EdgeCounts;
}

/** The edges of one service. It is asked once for each edge: who counts keeps what it gets. */
export class Edges {
  readonly #most: Readonly<Record<NamedBy, number>>;
  readonly #edges = new Map<string, Edge>();
  readonly #sizes: Record<NamedBy, number> = { caller: 0, callee: 0, program: 0 };

  constructor(most: Readonly<Record<NamedBy, number>> = MOST_EDGES) {
    this.#most = most;
  }

  /** The edges so far. */
  all(): Iterable<Edge> {
    return this.#edges.values();
  }

  /** What is counted of the requests from a caller to this service. */
  from(client: string, own: string, connectionType: ConnectionType, namedBy: NamedBy): EdgeCounts {
    return this.#find({ client, server: own, connectionType }, { client: OTHER, server: own }, namedBy);
  }

  /** What is counted of the calls of this service. */
  to(server: string, own: string, connectionType: ConnectionType, namedBy: NamedBy): EdgeCounts {
    return this.#find({ client: own, server, connectionType }, { client: own, server: OTHER }, namedBy);
  }

  #find(key: EdgeKey, instead: Pick<EdgeKey, "client" | "server">, namedBy: NamedBy): EdgeCounts {
    const found = this.#edges.get(edgeId(key));
    if (found !== undefined) return found.counts;
    if (this.#sizes[namedBy] >= this.#most[namedBy]) return this.#other(instead);
    this.#sizes[namedBy]++;
    return this.#add(key);
  }

  #other(ends: Pick<EdgeKey, "client" | "server">): EdgeCounts {
    const key: EdgeKey = { ...ends, connectionType: "virtual_node" };
    return this.#edges.get(edgeId(key))?.counts ?? this.#add(key);
  }

  #add(key: EdgeKey): EdgeCounts {
    const counts = new EdgeCounts();
    this.#edges.set(edgeId(key), { key, counts });
    return counts;
  }
}
