// Describes the tree of a failing request in attributes of its local root.
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { formatStart } from "../../tree/format.ts";
import type { Role } from "../../tree/role.ts";
import { driftText, type ErrorTree, originOf, rootCauseOf, type Verdict } from "../../tree/tree.ts";

/** Longest stack trace written into an attribute, in UTF-16 units; a backend indexes attributes. */
const LONGEST_TEXT = 8192;

/** What a local root says of its request. */
export interface RootFacts {
  readonly role: Role;
  readonly verdict: Verdict;
  /** Its texts are redacted. */
  readonly tree: ErrorTree;
  readonly represents: number | undefined;
}

/**
 * Attributes in our own namespace. None is named `error`, which backends read as a status. The root of the trace, or of what is
 * there of it, has the tree as text. A fragment that was asked for its tree has it not again: it stands on the span of who
 * asked, and what its own tree says beyond codes is on the spans of the fragment.
 */
export function rootAttributes({
  role,
  verdict,
  tree,
  represents,
}: RootFacts): Record<string, string | boolean | number> {
  const cause = rootCauseOf(tree.root);
  const { service, operation, code, message } = cause.node;
  const isAsked = role === "asked";
  // The drift nearest to the cause: there the code of the cause was replaced first.
  const drift = cause.path.map(driftText).findLast((text) => text !== "");
  return {
    "error_tree.verdict": verdict,
    "error_tree.origin": originOf(tree.root),
    "error_tree.root_cause.service": service,
    "error_tree.root_cause.operation": operation,
    "error_tree.root_cause.code": code,
    ...(message === undefined || isAsked ? undefined : { "error_tree.root_cause.message": message }),
    ...(isAsked && !cause.ambiguous ? undefined : { "error_tree.root_cause.ambiguous": cause.ambiguous }),
    ...(drift === undefined ? undefined : { "error_tree.drift": drift }),
    ...(tree.omitted === 0 ? undefined : { "error_tree.omitted": tree.omitted }),
    ...(isAsked ? undefined : { "error_tree.text": textOfTree(tree) }),
    "error_tree.fingerprint": fingerprintOf(tree.root),
    ...(represents === undefined ? undefined : { "error_tree.represents": represents }),
  };
}

/** The tree as a stack trace, as far as an attribute has room for it. */
export function textOfTree(tree: ErrorTree): string {
  const text = formatStart(tree, LONGEST_TEXT);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
