// Computes the outcome of a request so far: its error tree, its code and its verdict.
import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import type { Clock } from "../clock.ts";
import type { Code } from "../spans/code.ts";
import { nameText } from "../spans/name-text.ts";
import { buildTrees, type CalleeAnswer } from "../tree/build.ts";
import { FragmentTree, type RedactionOptions, TreeRedaction } from "../tree/redacted-tree.ts";
import { Shapes } from "../tree/shape.ts";
import { stubOf, withoutStubs } from "../tree/span-stub.ts";
import { type ErrorTree, type TreeNode, type Verdict, verdictOf } from "../tree/tree.ts";
import type { Fragment } from "./fragment.ts";
import { isSampled, readSpan } from "./read-span.ts";
import { withoutTwins } from "./twin.ts";

/** Shapes that a fragment remembers: several times those of its largest tree. */
const MOST_SHAPES = 16_384;

/** The outcome of a request, here and beneath. */
export interface RequestResult {
  /** Revision of the fragment that it was made of. */
  readonly revision: number;
  readonly verdict: Verdict;
  /** The code in its answer; `"ok"` if the request itself did not fail. */
  readonly code: Code;
  /** Present if anything failed, here or beneath. */
  readonly tree: FragmentTree | undefined;
}

/** What building a tree needs: the time, and the redactor of its nodes. */
export interface TreeContext extends Pick<Clock, "now"> {
  readonly redaction: RedactionOptions;
}

/** What the trees of one fragment share, however often one is built. */
export class TreeMemory {
  #shapes = new Shapes();
  #redaction: TreeRedaction | undefined;

  /** Shapes of subtrees; replaced by an empty table if there are more than any tree needs. */
  get shapes(): Shapes {
    if (this.#shapes.size > MOST_SHAPES) this.#shapes = new Shapes();
    return this.#shapes;
  }

  /** The redacted texts of its nodes. */
  redaction(options: RedactionOptions): TreeRedaction {
    this.#redaction ??= new TreeRedaction(options);
    return this.#redaction;
  }
}

/** The result of a request in which nothing failed, as in nearly all. */
const FINE: RequestResult = { revision: 0, verdict: "ok", code: "ok", tree: undefined };

/** The current result. It does not change the fragment, and if nothing failed no tree is built. */
export function resultOf(fragment: Fragment, revision: number, context: TreeContext): RequestResult {
  if (revision === 0) return FINE;
  // A head-sampled root has its tree on it at once, with the reasons.
  const tree = treeOf(fragment, context, isSampled(fragment.root.span));
  if (tree === undefined) return { revision, verdict: "ok", code: "ok", tree };
  const { root } = tree.raw;
  return { revision, verdict: verdictOf(root), code: root.code, tree };
}

/**
 * The tree of a fragment from its spans, ended or not, and the answers beneath; `undefined` if nothing failed. Beneath a
 * head-sampled span, which the SDK exports, this service writes the callees' spans, so callers have none left to write. With
 * `explain` nodes say why they were judged as they are, which doubles the time.
 */
export function treeOf(
  fragment: Fragment,
  { now: time, redaction }: TreeContext,
  explain = false,
): FragmentTree | undefined {
  const now = time();
  const answers = new Map<string, CalleeAnswer>();
  for (const { answer, span, spanId } of fragment.entries) {
    if (answer === undefined) continue;
    const { root, omitted = 0 } = answer.tree ?? {};
    if (root === undefined) answers.set(spanId, { omitted });
    else answers.set(spanId, { root: isSampled(span) ? withoutStubs(root) : root, omitted });
  }
  const { traceId, lost, memory } = fragment;
  const { shapes } = memory;
  const records = withoutTwins(fragment.entries).map((entry) => readSpan(entry, now));
  const trees = buildTrees(records, { traceId, answers, explain, omitted: lost, shapes });
  const raw = trees.find((tree) => tree.root.spanId === fragment.root.spanId) ?? treeOfLost(fragment, now);
  return raw && new FragmentTree(raw, memory.redaction(redaction), shapes);
}

/**
 * The route from the active context, if its span is one of the fragment's: a service that starts no span of its own has the
 * route nowhere else.
 */
export function activeRouting({ entries }: Fragment): { readonly route?: string } | undefined {
  const active = context.active();
  const spanId = trace.getSpan(active)?.spanContext().spanId;
  return entries.some((entry) => entry.spanId === spanId) ? getRPCMetadata(active) : undefined;
}

/** A tree of the root alone, if of all that failed only the number is known. */
function treeOfLost(
  { traceId, service, root, parentId, lost }: Fragment,
  now: number,
): ErrorTree | undefined {
  if (lost === 0) return undefined;
  const { span, spanId } = root;
  const stub = stubOf(readSpan(root, now));
  const node: TreeNode = {
    service,
    operation: nameText(span.name),
    code: "ok",
    count: 1,
    spanId,
    ...(stub === undefined ? undefined : { stub }),
    children: [],
  };
  return {
    traceId,
    root: node,
    omitted: lost,
    ...(parentId === undefined ? undefined : { parentSpanId: parentId }),
  };
}
