// Builds the error trees of one stored trace.
import { buildTrees } from "../tree/build.ts";
import { buildEverySpan } from "../tree/every-span.ts";
import { redactNode } from "../tree/redact-node.ts";
import { TreeRedaction } from "../tree/redacted-tree.ts";
import type { ErrorTree } from "../tree/tree.ts";
import { answersBeyond } from "./answers.ts";
import { type MissingParents, missingParents, placeholders } from "./missing-parents.ts";
import type { StoredTrace } from "./trace-store.ts";

/** How trees are built. */
export interface TreesOptions {
  /** Merge nothing: a node for every failed span and for every ancestor of one. */
  readonly everySpan?: boolean;
  /** Redact texts, as the services do; answers were redacted already. */
  readonly redact?: boolean;
  /** Called with the span at which a cycle of parents was cut. */
  readonly onCycle: (spanId: string) => void;
  /** Called with the parents that spans name but that are not there. */
  readonly onMissing?: (missing: MissingParents) => void;
}

/** The trees of a trace's spans and of the answers to them; none if nothing failed. */
export function treesOf(trace: StoredTrace, treesOptions: TreesOptions): ErrorTree[] {
  const { everySpan, redact, onCycle, onMissing } = treesOptions;
  const { traceId, records, tree, answers = [] } = trace;
  if (tree !== undefined) return [tree];
  const beyond = answersBeyond(answers, records);
  const byId = new Map(beyond.map((answer) => [answer.parentSpanId ?? "", answer]));
  const known = beyond.length === 0 ? undefined : { answers: byId };
  const options = { traceId, explain: true };
  const trees = buildTrees(records, { ...options, ...known, onCycle });
  const missing = missingParents(trees, records);
  if (missing.size > 0) onMissing?.(missing);
  const stands = placeholders(missing, records);
  // If every span is a node nothing is merged: an answer is a separate tree.
  if (everySpan) {
    const told = redact ? { ...options, redact: redactNode } : options;
    return [...buildEverySpan([...records, ...stands], told), ...answers];
  }
  const whole = stands.length === 0 ? trees : buildTrees([...records, ...stands], { ...options, ...known });
  if (!redact) return whole;
  // No request waits for it, so all texts are read.
  const all = { redact: redactNode, mostChars: Number.POSITIVE_INFINITY };
  return whole.map((one) => new TreeRedaction(all).redact(one));
}
