// Puts header values with the spans that asked for them: an answer has no trace id, but it has the id of the caller's span.

import type { SpanRecord } from "../spans/span-record.ts";
import { joinTrees } from "../tree/join.ts";
import type { ErrorTree } from "../tree/tree.ts";

/** The answers of each trace, at most one for each span. */
export type AnswersByTrace = ReadonlyMap<string, readonly ErrorTree[]>;

/** The answers for spans of a trace. */
export function placeAnswers(
  trees: readonly ErrorTree[],
  traces: ReadonlyMap<string, readonly SpanRecord[]>,
): AnswersByTrace {
  const answers = new Map<string, ErrorTree>();
  for (const tree of trees) {
    const { parentSpanId } = tree;
    if (parentSpanId === undefined) continue;
    const earlier = answers.get(parentSpanId);
    answers.set(parentSpanId, earlier === undefined ? tree : viewsOf(earlier, tree));
  }
  const placed = new Map<string, ErrorTree[]>();
  if (answers.size === 0) return placed;
  for (const [traceId, records] of traces) {
    const asked = records.flatMap(({ spanId }) => answers.get(spanId) ?? []);
    if (asked.length > 0) placed.set(traceId, asked);
  }
  return placed;
}

/** Merges two answers to one ask. If they differ, the later one holds, which came in a trailer. */
function viewsOf(earlier: ErrorTree, later: ErrorTree): ErrorTree {
  const joined = joinTrees(earlier, later);
  return joined.apart === undefined ? joined : later;
}

/** The answers that say more than the spans do, because no span of the callee is there. */
export function answersBeyond(
  answers: readonly ErrorTree[],
  records: readonly SpanRecord[],
): readonly ErrorTree[] {
  if (answers.length === 0) return answers;
  const services = new Map(records.map(({ spanId, service }) => [spanId, service]));
  const told = new Set<string | undefined>();
  for (const { parentId, kind, service } of records) {
    if (kind === "server" || services.get(parentId ?? "") !== service) told.add(parentId);
  }
  return answers.filter(({ parentSpanId }) => !told.has(parentSpanId));
}
