// Says of a failed request what a log line holds.
import type { Code } from "../spans/code.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { driftText, type ErrorTree, rootCauseOf, type TreeNode } from "./tree.ts";

/** An operation that failed, as a program sees it. */
export interface FailedOperation {
  readonly service: string;
  readonly operation: string;
  readonly code: Code;
  readonly errorType?: string;
  readonly message?: string;
}

/** A request that failed, when it has ended and is exported. Its texts are redacted as those of the tree. */
export interface FailedRequest extends FailedOperation {
  /** 32 hex digits: everything about the request is found by it. */
  readonly traceId: string;
  /** The request's first span in this service, 16 hex digits; absent in a summary. */
  readonly spanId?: string;
  readonly rootCause: FailedOperation & {
    /** Something else may as well be the root cause. */
    readonly ambiguous: boolean;
  };
  /** The change of the code that is nearest to the root cause, as `permission-denied -> not-found`; absent if there is none. */
  readonly drift?: string;
  /** The same for requests that fail in the same way, 16 hex digits. */
  readonly fingerprint: string;
  /** How many failed requests it stands for, itself included; absent if its caller counts it. */
  readonly represents?: number;
  /** It failed after its response had been sent as well, or its head at least. */
  readonly late?: true;
  /** It stands for requests alone that were not exported; the ids and names are those of one that was. */
  readonly summary?: true;
  /** The error tree; absent in a summary. */
  readonly tree?: ErrorTree;
}

/** Gets failed requests. */
export interface FailureSink {
  readonly isWanted: boolean;
  /** Never throws. */
  tell(failed: FailedRequest): void;
}

/** What is known of the request beside its tree. */
interface RequestFacts {
  readonly spanId: string;
  readonly represents: number | undefined;
  readonly late: boolean;
}

/** @param tree - its texts are redacted */
export function failedRequest(tree: ErrorTree, { spanId, represents, late }: RequestFacts): FailedRequest {
  const { node, path, ambiguous } = rootCauseOf(tree.root);
  const drift = path.map(driftText).findLast((text) => text !== "");
  return {
    traceId: tree.traceId,
    spanId,
    ...operationOf(tree.root),
    rootCause: { ...operationOf(node), ambiguous },
    ...(drift === undefined ? undefined : { drift }),
    fingerprint: fingerprintOf(tree.root),
    ...(represents === undefined ? undefined : { represents }),
    ...(late ? { late } : undefined),
    tree,
  };
}

function operationOf({ service, operation, code, errorType, message }: TreeNode): FailedOperation {
  return {
    service,
    operation,
    code,
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
  };
}
