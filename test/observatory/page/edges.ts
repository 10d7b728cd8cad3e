// Makes edges and pictures for tests of the page, which name only what they are about.

import type { Picture, PictureEdge } from "../../../src/observatory/graph/picture.ts";
import { stateOf } from "../../../src/observatory/graph/state.ts";

/** An edge with 100 requests of which none fails, unless it says something else. It stands as the server judges it. */
export function edge(client: string, server: string, fields: Partial<PictureEdge> = {}): PictureEdge {
  const { requests = 100, failures = 0, judgements = [] } = fields;
  return {
    client,
    server,
    connectionType: "",
    requests: 100,
    failures: 0,
    durations: { p50: 0.01, p95: 0.1, p99: 0.2 },
    clientDurations: {},
    context: { arrived: 0, missing: 0, foreign: 0 },
    isInferred: false,
    state: stateOf({ requests, failures }, judgements),
    judgements: [],
    ...fields,
  };
}

/** A picture of one minute. */
export function picture(edges: readonly PictureEdge[], at = 1_000_000): Picture {
  const names = [...new Set(edges.flatMap(({ client, server }) => [client, server]))].sort();
  return {
    from: at - 60_000,
    to: at,
    at,
    windowSeconds: 5,
    oldest: 0,
    nodes: names.map((name) => ({ name, kind: "service", state: "unobserved" })),
    edges,
    doubts: { silent: [], droppedEdges: 0, unreadable: { count: 0 }, outOfTime: 0, notes: [] },
  };
}
