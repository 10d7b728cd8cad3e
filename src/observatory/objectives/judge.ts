// Judges what an edge has counted by one quality attribute.
import type { EdgeCounts } from "../graph/edge.ts";
import type { Judgement, State } from "../graph/picture.ts";
import { MILLION, type Objective } from "./objective.ts";

interface Kept {
  readonly total: number;
  readonly good: number;
}

/** Judges one edge. Pure: it depends on the arguments alone. */
export function judge(objective: Objective, counts: EdgeCounts): Judgement {
  const { text, line } = objective;
  const kept = keptOf(objective, counts);
  if (kept.total < objective.least || kept.total <= 0) return { text, state: "unobserved", line };
  return { text, state: stateOf(objective, kept), kept: kept.good / kept.total, line };
}

/** A failed request that was answered in time was answered in time: what must succeed says `succeed`. */
function keptOf({ measure }: Objective, { requests, failures, server, client }: EdgeCounts): Kept {
  if (measure.kind === "succeed") return { total: requests, good: Math.max(0, requests - failures) };
  // The server's own time if it takes part, as in the picture; else what its callers saw.
  const durations = server.count > 0 ? server : client;
  return { total: durations.count, good: durations.atMost([measure.seconds])[0] ?? 0 };
}

function stateOf({ warn, fail }: Objective, { total, good }: Kept): State {
  if (good * MILLION < fail * total) return "fail";
  return good * MILLION < warn * total ? "warn" : "ok";
}
