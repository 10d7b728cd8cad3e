// Builds the error trees of one stored trace.
import { buildTrees } from "../tree/build.ts";
import { buildEverySpan } from "../tree/every-span.ts";
import { redactNode } from "../tree/redact-node.ts";
import { TreeRedaction } from "../tree/redacted-tree.ts";
import type { ErrorTree } from "../tree/tree.ts";
import { answersBeyond } from "./answers.ts";
import type { StoredTrace } from "./trace-store.ts";

/** How trees are built. */
export interface TreesOptions {
  /** Merge nothing: a node for every failed span and for every ancestor of one. */
  readonly everySpan?: boolean;
  /** Redact texts, as the services do; answers were redacted already. */
  readonly redact?: boolean;
  /** Called with the span at which a cycle of parents was cut. */
  readonly onCycle: (spanId: string) => void;
}

/** The trees of a trace's spans and of the answers to them; none if nothing failed. */
export function treesOf(trace: StoredTrace, { everySpan, redact, onCycle }: TreesOptions): ErrorTree[] {
  const { traceId, records, tree, answers = [] } = trace;
  if (tree !== undefined) return [tree];
  const options = { traceId, onCycle, explain: true };
  // If every span is a node nothing is merged: an answer is a separate tree.
  if (everySpan) {
    const told = redact ? { ...options, redact: redactNode } : options;
    return [...buildEverySpan(records, told), ...answers];
  }
  const beyond = answersBeyond(answers, records);
  const byId = new Map(beyond.map((answer) => [answer.parentSpanId ?? "", answer]));
  const trees = buildTrees(records, beyond.length === 0 ? options : { ...options, answers: byId });
  if (!redact) return trees;
  // No request waits for it, so all texts are read.
  const whole = { redact: redactNode, mostChars: Number.POSITIVE_INFINITY };
  return trees.map((tree) => new TreeRedaction(whole).redact(tree));
}
