// Says what the nodes of a drawing took.
import type { TreeNode } from "../../tree/tree.ts";
import type { StoredTrace } from "../trace-store.ts";
import { formatDuration } from "./duration.ts";
import { durationsOf } from "./tree-text.ts";

/** The durations of nodes whose spans are known, as text. */
export function timesOf(trace: StoredTrace): (node: TreeNode) => string | undefined {
  const durationOf = durationsOf(trace);
  return ({ spanId }) => {
    const duration = spanId === undefined ? undefined : durationOf(spanId);
    return duration === undefined ? undefined : formatDuration(duration);
  };
}
