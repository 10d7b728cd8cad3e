// Says in words what an edge and a node show, for labels, titles and screen readers.
import type { ConnectionType } from "../../graph/edge.ts";
import type { PictureEdge, PictureNode, State } from "../../graph/picture.ts";
import { durationText, numberText, plural, rateOf, shareText, type Unit, unitInWords } from "./numbers.ts";
import { failureShare, missingShare, STATE_WORDS } from "./standing.ts";

/** What a label needs to know. */
export interface Measure {
  /** Of the picture. */
  readonly seconds: number;
  readonly unit: Unit;
}

const CONNECTION_WORDS: Readonly<Record<ConnectionType, string>> = {
  "": "request",
  messaging_system: "message",
  database: "database call",
  virtual_node: "request; one end takes no part",
};

const KIND_WORDS: Readonly<Record<PictureNode["kind"], string>> = {
  service: "service",
  database: "database",
  messaging_system: "queue",
  peer: "peer, takes no part",
  user: "callers from outside",
  other: "those that have no room",
};

/** The kind of a connection in words. */
export function connectionInWords(type: ConnectionType): string {
  return CONNECTION_WORDS[type] ?? type;
}

/** The kind of a node in words. */
export function kindInWords(kind: PictureNode["kind"]): string {
  return KIND_WORDS[kind] ?? kind;
}

/** An edge as its ends: `checkout → payment`. */
export function edgeName({ client, server }: Pick<PictureEdge, "client" | "server">): string {
  return `${client} → ${server}`;
}

/** All that an edge shows, in a sentence. */
export function edgeInWords(edge: PictureEdge, { seconds, unit }: Measure): string {
  const missing = missingShare(edge);
  const parts = [
    `${edge.client} calls ${edge.server}: ${STATE_WORDS[edge.state]}`,
    edge.requests === 0
      ? "no requests"
      : `${numberText(rateOf(edge.requests, seconds, unit))} requests per ${unitInWords(unit)}`,
    ...(edge.durations.p95 === undefined ? [] : [`p95 ${durationText(edge.durations.p95)}`]),
    ...(edge.failures > 0 ? [`${shareText(failureShare(edge))} fail`] : []),
    ...(missing !== undefined && missing > 0 ? [`the context is missing in ${shareText(missing)}`] : []),
    ...(edge.isInferred ? ["the direction is inferred"] : []),
  ];
  return parts.join(", ");
}

/** What a node gets and sends. */
export interface Traffic {
  readonly requestsIn: number;
  readonly requestsOut: number;
  readonly failuresIn: number;
  readonly callers: number;
  readonly callees: number;
  /** The worst p95 of the edges that lead to it, in seconds. */
  readonly p95: number | undefined;
}

/** What every node gets and sends. */
export function trafficOf(edges: readonly PictureEdge[]): ReadonlyMap<string, Traffic> {
  const traffic = new Map<string, Traffic>();
  const of = (name: string): Traffic => traffic.get(name) ?? NO_TRAFFIC;
  for (const edge of edges) {
    const client = of(edge.client);
    traffic.set(edge.client, {
      ...client,
      requestsOut: client.requestsOut + edge.requests,
      callees: client.callees + 1,
    });
    const server = of(edge.server);
    traffic.set(edge.server, {
      ...server,
      requestsIn: server.requestsIn + edge.requests,
      failuresIn: server.failuresIn + edge.failures,
      callers: server.callers + 1,
      p95: highest(server.p95, edge.durations.p95),
    });
  }
  return traffic;
}

/** Of a node without edges. */
export const NO_TRAFFIC: Traffic = {
  requestsIn: 0,
  requestsOut: 0,
  failuresIn: 0,
  callers: 0,
  callees: 0,
  p95: undefined,
};

/** All that a node shows, in a sentence. */
export function nodeInWords(
  node: PictureNode,
  { state, traffic, measure }: { state: State; traffic: Traffic; measure: Measure },
): string {
  const { seconds, unit } = measure;
  const per = (count: number): string =>
    `${numberText(rateOf(count, seconds, unit))} requests per ${unitInWords(unit)}`;
  return [
    `${node.name}, ${kindInWords(node.kind)}: ${STATE_WORDS[state]}`,
    ...(traffic.callers > 0
      ? [`gets ${per(traffic.requestsIn)} from ${plural(traffic.callers, "caller")}`]
      : []),
    ...(traffic.p95 === undefined ? [] : [`p95 ${durationText(traffic.p95)}`]),
    ...(traffic.callees > 0 ? [`calls ${plural(traffic.callees, "node")}`] : []),
  ].join(", ");
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.max(a, b);
}
