// Collects what the error of a node can name a failure beneath it by.

import type { Address, CallFacts } from "../../spans/call.ts";
import type { Code } from "../../spans/code.ts";
import { Later } from "../../spans/later.ts";
import { type Saying, wordsOf } from "../../spans/saying.ts";
import type { TreeNode } from "../tree.ts";
import { isFailed } from "../tree.ts";

/** What is known of one failure. */
export interface Evidence {
  /** Its texts, and those of what failed beneath it; the nearest first. */
  readonly texts: readonly string[];
  readonly types: readonly string[];
  readonly addresses: readonly Address[];
  /** HTTP statuses and gRPC codes that were answered. */
  readonly statuses: readonly number[];
  readonly codes: readonly Code[];
  /** How a call ended: `silent` with no answer, `answered` with a failure. Absent for what is no call. */
  readonly ended?: "silent" | "answered";
}

/** So many texts of one failure are compared; the rest stands too far beneath it. */
const MOST_TEXTS = 16;
/** So many nodes of an answer are looked at for their texts. */
const MOST_NODES = 64;

/** What is known of what did not fail. */
const NOTHING: Evidence = { texts: [], types: [], addresses: [], statuses: [], codes: [] };
export const NO_EVIDENCE: Later<Evidence> = new Later(() => NOTHING);

/** What a span shows of its failure. */
interface FailedSpan {
  readonly says?: Saying;
  readonly call?: Later<CallFacts>;
  readonly status?: number;
  readonly rpcCode?: Code;
  readonly ended?: "silent" | "answered" | undefined;
}

/** What is known of a span, over what is known of the failures beneath it, for when it is needed. */
export function laterEvidence(
  span: FailedSpan,
  beneath: readonly Later<Evidence>[],
  isSame: boolean,
): Later<Evidence> {
  let nested = 0;
  for (const evidence of beneath) nested = Math.max(nested, evidence.nested + 1);
  const make = (): Evidence =>
    evidenceOf(
      span,
      beneath.map(({ value }) => value),
      isSame,
    );
  return new Later(make, nested);
}

/**
 * What is known of a span, over what is known of the failures beneath it.
 *
 * @param isSame - the span is the failure's own: its call, or a step of the program that failed by it
 */
function evidenceOf(span: FailedSpan, beneath: readonly Evidence[], isSame: boolean): Evidence {
  const { says, call, status, rpcCode, ended } = span;
  const texts = new Set(says?.texts);
  for (const evidence of beneath) {
    for (const text of evidence.texts) {
      if (texts.size >= MOST_TEXTS) break;
      texts.add(text);
    }
  }
  const of = isSame ? beneath : [];
  const address = call?.value.address;
  const last = ended ?? of[0]?.ended;
  return {
    texts: [...texts],
    types: few([...(says?.types ?? []), ...of.flatMap(({ types }) => types)]),
    addresses: few([...(address === undefined ? [] : [address]), ...of.flatMap((e) => e.addresses)]),
    statuses: few([...(status === undefined ? [] : [status]), ...of.flatMap(({ statuses }) => statuses)]),
    codes: few([...(rpcCode === undefined ? [] : [rpcCode]), ...of.flatMap(({ codes }) => codes)]),
    ...(last === undefined ? undefined : { ended: last }),
  };
}

function few<Value>(values: readonly Value[]): readonly Value[] {
  return values.length < 2 ? values : [...new Set(values.slice(0, MOST_TEXTS))];
}

/** What is known of the failures in an answer, the nearest first. */
export function laterEvidenceOfAnswer(root: TreeNode): Later<Evidence> {
  return new Later(() => evidenceOfAnswer(root));
}

function evidenceOfAnswer(root: TreeNode): Evidence {
  const texts = new Set<string>();
  const queue = [root];
  for (let i = 0; i < queue.length && i < MOST_NODES && texts.size < MOST_TEXTS; i++) {
    const { message, children } = queue[i] as TreeNode;
    const words = message === undefined ? "" : wordsOf(message);
    if (words !== "") texts.add(words);
    for (let c = 0; c < children.length && queue.length < MOST_NODES; c++) {
      const child = children[c] as TreeNode;
      if (isFailed(child)) queue.push(child);
    }
  }
  const { errorType } = root;
  return { ...NOTHING, texts: [...texts], types: errorType === undefined ? [] : [errorType] };
}
