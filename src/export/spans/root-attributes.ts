// Describes the tree of a failing request in attributes of its local root.
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { formatStart } from "../../tree/format.ts";
import { driftText, type ErrorTree, originOf, rootCauseOf, type Verdict } from "../../tree/tree.ts";

/** Longest stack trace written into an attribute, in UTF-16 units; a backend indexes attributes. */
const LONGEST_TEXT = 8192;

/** Attributes in our own namespace. None is named `error`, which backends read as a status. */
export function rootAttributes(
  tree: ErrorTree,
  verdict: Verdict,
  represents: number | undefined,
): Record<string, string | boolean | number> {
  const cause = rootCauseOf(tree.root);
  const { service, operation, code, message } = cause.node;
  // The drift nearest to the cause: there the code of the cause was replaced first.
  const drift = cause.path.map(driftText).findLast((text) => text !== "");
  const text = formatStart(tree, LONGEST_TEXT);
  return {
    "error_tree.verdict": verdict,
    "error_tree.origin": originOf(tree.root),
    "error_tree.root_cause.service": service,
    "error_tree.root_cause.operation": operation,
    "error_tree.root_cause.code": code,
    ...(message === undefined ? undefined : { "error_tree.root_cause.message": message }),
    "error_tree.root_cause.ambiguous": cause.ambiguous,
    ...(drift === undefined ? undefined : { "error_tree.drift": drift }),
    ...(tree.omitted === 0 ? undefined : { "error_tree.omitted": tree.omitted }),
    "error_tree.text": text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text,
    "error_tree.fingerprint": fingerprintOf(tree.root),
    ...(represents === undefined ? undefined : { "error_tree.represents": represents }),
  };
}
