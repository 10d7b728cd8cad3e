// Makes the edges of a time out of counts from several sources, so that no request is in it twice.
import { nameOf as labelOf, SERVICE_CHARS } from "../flow/names.ts";
import type { Cell, Source } from "./cell.ts";
import type { Counts } from "./counts.ts";
import { Directions } from "./directions.ts";
import { EdgeCounts, type EdgeKey, edgeId, OTHERS } from "./edge.ts";

/** An edge, with all that is known of it in a time. */
export interface KnownEdge {
  readonly key: EdgeKey;
  readonly counts: EdgeCounts;
  readonly isInferred: boolean;
  /** In seconds; absent if nothing speaks for clocks that differ. */
  readonly clockAhead?: number;
}

/** What tells more about an edge comes first: others that may have counted the same requests do not count then. */
const RANKS: Readonly<Record<Source, number>> = {
  flow: 0,
  coarse: 0,
  spans: 1,
  ids: 2,
  inferred: 2,
  reversed: 2,
};

/** Edges of a picture: windows that have others each would make it very large. */
export const MOST_EDGES = 5_000;

/** How long before a time a service may have sent its last flow metrics, and still counts in them: some exports fail. */
const FLOWS_FOR_MS = 300_000;

interface Gathered {
  readonly key: EdgeKey;
  rank: number;
  counts: EdgeCounts;
  coarse: EdgeCounts | undefined;
  isInferred: boolean;
}

/** What is known from all that is kept, and holds for each part of it. */
export class Knowledge {
  readonly #counts: Counts;
  readonly #directions: Directions;
  readonly #flowing: ReadonlySet<string>;
  #isShort = false;

  /** @param from - nothing that is asked for is from before, or from `to` on */
  constructor(counts: Counts, from: number, to: number) {
    this.#counts = counts;
    this.#directions = new Directions(counts.cells(), counts.cells(from, to));
    this.#flowing = new Set(
      [...counts.services()].flatMap(({ name, flow = Number.NEGATIVE_INFINITY }) =>
        flow >= from - FLOWS_FOR_MS ? [name] : [],
      ),
    );
  }

  /** True if there were more edges than a picture has: the others are one from `other` to `other`. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** The edges of the windows that begin in the time from `from` to before `to`, by the text of {@link edgeId}. */
  edges(from: number, to: number): Map<string, KnownEdge> {
    const gathered = new Map<string, Gathered>();
    for (const cell of this.#counts.cells(from, to)) this.#gather(gathered, cell);
    const known = new Map<string, KnownEdge>();
    for (const [id, edge] of gathered) known.set(id, this.#known(edge));
    return known;
  }

  #gather(gathered: Map<string, Gathered>, cell: Cell): void {
    const { source } = cell;
    const isToken = source === "inferred" || source === "reversed";
    const key = isToken ? this.#directions.edgeOf(cell) : cell.key;
    if (source === "spans" && this.#isCounted(key)) return;
    this.#add(gathered, key, cell);
  }

  #add(gathered: Map<string, Gathered>, key: EdgeKey, cell: Cell): void {
    const { source, counts } = cell;
    const id = edgeId(key);
    const rank = RANKS[source];
    let edge = gathered.get(id);
    if (edge !== undefined && edge.rank < rank) return;
    if (edge === undefined && gathered.size >= MOST_EDGES && key !== OTHERS) {
      this.#isShort = true;
      this.#add(gathered, OTHERS, cell);
      return;
    }
    if (edge === undefined || edge.rank > rank) {
      edge = { key, rank, counts: new EdgeCounts(), coarse: undefined, isInferred: true };
      gathered.set(id, edge);
    }
    if (source === "coarse") {
      edge.coarse ??= new EdgeCounts();
      edge.coarse.merge(counts);
    } else edge.counts.merge(counts);
    if (source !== "inferred" && source !== "reversed") edge.isInferred = false;
  }

  /** Requests of services that send flow metrics are in these metrics, whatever spans there are. */
  #isCounted({ client, server }: EdgeKey): boolean {
    return this.#isFlowing(client) || this.#isFlowing(server);
  }

  #isFlowing(name: string): boolean {
    return this.#flowing.has(name) || this.#flowing.has(labelOf(name, SERVICE_CHARS));
  }

  #known({ key, counts, coarse, isInferred }: Gathered): KnownEdge {
    if (coarse !== undefined) {
      if (counts.server.count === 0) counts.server.merge(coarse.server);
      if (counts.client.count === 0) counts.client.merge(coarse.client);
    }
    // The server has the totals; if it says nothing, its callers have.
    if (counts.requests === 0) counts.requests = counts.client.count;
    const clockAhead = this.#directions.clockAhead(key);
    return { key, counts, isInferred, ...(clockAhead === undefined ? undefined : { clockAhead }) };
  }
}
