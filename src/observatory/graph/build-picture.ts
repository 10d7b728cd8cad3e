// Builds the picture of a time from what was counted.
import type { Counts } from "./counts.ts";
import { EdgeCounts, type EdgeKey, edgeId, OTHER, USER } from "./edge.ts";
import { Knowledge, type KnownEdge, MOST_EDGES } from "./known-edges.ts";
import type { LogHistogram } from "./log-histogram.ts";
import type { Doubts, Durations, Judgement, Picture, PictureEdge, PictureNode } from "./picture.ts";
import { servicesOf } from "./services.ts";
import { stateOf, worstState } from "./state.ts";

/** Quality attributes. */
export interface Judge {
  /** Every time that is looked back, in seconds. */
  readonly windows: readonly number[];
  /** @param countsOver - what the edge has counted in the last so many seconds of the picture */
  judge(edge: EdgeKey, countsOver: (seconds: number) => EdgeCounts): readonly Judgement[];
}

/** What a picture shows. */
export interface PictureTime {
  /** In milliseconds since the epoch: windows that begin from here to before `to`. */
  readonly from: number;
  readonly to: number;
  /** Now. */
  readonly at: number;
  readonly newest?: number | undefined;
  readonly doubts: Doubts;
  readonly judge?: Judge | undefined;
}

/** Builds a picture; pure: it depends on its arguments alone. */
export function buildPicture(counts: Counts, time: PictureTime): Picture {
  const { from, to, at, newest, doubts, judge } = time;
  const starts = (judge?.windows ?? []).map((seconds): [number, number] => [
    seconds,
    counts.startOf(to - seconds * 1000),
  ]);
  const knowledge = new Knowledge(counts, Math.min(from, ...starts.map(([, start]) => start)), to);
  const known = knowledge.edges(from, to);
  const isShort = knowledge.isShort;
  const before = new Map(starts.map(([seconds, start]) => [seconds, knowledge.edges(start, to)]));
  const edges: PictureEdge[] = [];
  for (const [id, edge] of known) {
    const judgements = judge?.judge(
      edge.key,
      (seconds) => before.get(seconds)?.get(id)?.counts ?? new EdgeCounts(),
    );
    edges.push(pictureEdge(edge, judgements ?? []));
  }
  edges.sort((one, other) => compare(edgeId(one), edgeId(other)));
  return {
    from,
    to,
    at,
    ...(newest === undefined ? undefined : { newest }),
    windowSeconds: counts.windowMs / 1000,
    oldest: counts.oldest ?? from,
    nodes: nodesOf(edges, counts),
    edges,
    doubts: isShort ? { ...doubts, notes: [...doubts.notes, SHORT] } : doubts,
  };
}

const SHORT = `There are more edges than the ${MOST_EDGES} that a picture has: the others are one from other to other.`;

function pictureEdge(
  { key, counts, isInferred, clockAhead }: KnownEdge,
  judgements: readonly Judgement[],
): PictureEdge {
  const { requests, failures, server, client, arrived, missing, foreign } = counts;
  const isSkewed = isInferred && clockAhead !== undefined;
  return {
    ...key,
    requests,
    failures,
    durations: durationsOf(server.count > 0 || isSkewed ? server : client),
    // Between two clocks that differ no time can be measured.
    clientDurations: isSkewed ? {} : durationsOf(client),
    context: { arrived, missing, foreign },
    isInferred,
    ...(clockAhead === undefined ? undefined : { clockAhead }),
    state: stateOf(counts, judgements),
    judgements,
  };
}

function durationsOf(histogram: LogHistogram): Durations {
  const [p50, p95, p99] = [histogram.quantile(0.5), histogram.quantile(0.95), histogram.quantile(0.99)];
  return p50 === undefined || p95 === undefined || p99 === undefined ? {} : { p50, p95, p99 };
}

function nodesOf(edges: readonly PictureEdge[], counts: Counts): PictureNode[] {
  const seen = servicesOf(counts);
  const callers = new Set(edges.map(({ client }) => client));
  const into = new Map<string, PictureEdge[]>();
  for (const name of [...seen.keys(), ...callers]) into.set(name, []);
  for (const edge of edges) {
    const others = into.get(edge.server);
    if (others === undefined) into.set(edge.server, [edge]);
    else others.push(edge);
  }
  const nodes: PictureNode[] = [];
  for (const [name, incoming] of into) {
    const lastSeen = seen.get(name);
    const isService = lastSeen !== undefined || callers.has(name);
    nodes.push({
      name,
      kind: kindOf(name, isService, incoming),
      state: worstState(incoming.map(({ state }) => state)),
      ...(lastSeen === undefined ? undefined : { lastSeen }),
    });
  }
  return nodes.sort((one, other) => compare(one.name, other.name));
}

function kindOf(name: string, isService: boolean, incoming: readonly PictureEdge[]): PictureNode["kind"] {
  if (name === USER) return "user";
  if (name === OTHER) return "other";
  if (isService) return "service";
  const types = new Set(incoming.map(({ connectionType }) => connectionType));
  if (types.has("")) return "service";
  if (types.has("database")) return "database";
  return types.has("messaging_system") ? "messaging_system" : "peer";
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
