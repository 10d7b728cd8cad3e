// Keeps edges on the page for a while after their last request, so that the graph does not jump whenever one is quiet.
import { edgeId } from "../../graph/edge.ts";
import type { Picture, PictureEdge, PictureNode } from "../../graph/picture.ts";

/** For how long an edge without requests stays, in milliseconds. */
const STAYS = 10 * 60_000;
/** Most edges that are kept besides those of the picture. */
const MOST_KEPT = 1_000;

interface Kept<T> {
  readonly value: T;
  /** The time of the last picture that had it. */
  readonly at: number;
}

/** What live pictures have shown lately. */
export class KnownGraph {
  readonly #edges = new Map<string, Kept<PictureEdge>>();
  readonly #nodes = new Map<string, Kept<PictureNode>>();

  /** The picture, with the edges and nodes that earlier ones had: without requests, and without a state. */
  complete(picture: Picture): Picture {
    for (const edge of picture.edges) touch(this.#edges, edgeId(edge), { value: edge, at: picture.at });
    for (const node of picture.nodes) touch(this.#nodes, node.name, { value: node, at: picture.at });
    forget(this.#edges, picture.at, picture.edges.length + MOST_KEPT);
    forget(this.#nodes, picture.at, picture.nodes.length + MOST_KEPT);
    if (this.#edges.size === picture.edges.length && this.#nodes.size === picture.nodes.length)
      return picture;
    const edges = [...this.#edges.values()].map(({ value, at }) =>
      at === picture.at ? value : quiet(value),
    );
    const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
    const nodes = [...this.#nodes.values()]
      .filter(({ value, at }) => at === picture.at || ends.has(value.name))
      .map(({ value, at }) => (at === picture.at ? value : { ...value, state: "unobserved" as const }));
    return {
      ...picture,
      edges: edges.sort((a, b) => compare(edgeId(a), edgeId(b))),
      nodes: nodes.sort((a, b) => compare(a.name, b.name)),
    };
  }

  /** Forgets everything: another span of time is shown. */
  clear(): void {
    this.#edges.clear();
    this.#nodes.clear();
  }
}

/** What was touched last stands last. */
function touch<T>(map: Map<string, Kept<T>>, key: string, kept: Kept<T>): void {
  map.delete(key);
  map.set(key, kept);
}

function forget<T>(map: Map<string, Kept<T>>, now: number, most: number): void {
  for (const [key, { at }] of map) {
    if (map.size <= most && now - at <= STAYS) return;
    map.delete(key);
  }
}

function quiet(edge: PictureEdge): PictureEdge {
  return {
    ...edge,
    requests: 0,
    failures: 0,
    durations: {},
    clientDurations: {},
    context: { arrived: 0, missing: 0, foreign: 0 },
    state: "unobserved",
    judgements: edge.judgements.map(({ text, line }) => ({ text, line, state: "unobserved" })),
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
