// Holds what is counted on each edge of one service, with a bound on how many there are.
import { type ConnectionType, EdgeCounts, type EdgeKey, edgeId, OTHER } from "../graph/edge.ts";

/** Most edges of one service, those that stand for all others aside. */
export const MOST_EDGES = 500;

/** An edge and its counts. */
export interface Edge {
  readonly key: EdgeKey;
  readonly counts: EdgeCounts;
}

/** The edges of one service. It is asked once for each edge: who counts keeps what it gets. */
export class Edges {
  readonly #most: number;
  readonly #edges = new Map<string, Edge>();

  constructor(most: number = MOST_EDGES) {
    this.#most = most;
  }

  /** The edges so far. */
  all(): Iterable<Edge> {
    return this.#edges.values();
  }

  /** What is counted of the requests from a caller to this service. */
  from(client: string, own: string, connectionType: ConnectionType): EdgeCounts {
    return this.#find({ client, server: own, connectionType }, { client: OTHER, server: own });
  }

  /** What is counted of the calls of this service. */
  to(server: string, own: string, connectionType: ConnectionType): EdgeCounts {
    return this.#find({ client: own, server, connectionType }, { client: own, server: OTHER });
  }

  #find(key: EdgeKey, instead: Pick<EdgeKey, "client" | "server">): EdgeCounts {
    const found = this.#edges.get(edgeId(key));
    if (found !== undefined) return found.counts;
    return this.#edges.size < this.#most ? this.#add(key) : this.#other(instead);
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
