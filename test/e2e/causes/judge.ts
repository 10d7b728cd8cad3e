// Compares what a door tells with what the author of a program would say.
import { type ErrorTree, rootCauseOf, verdictOf } from "otel-error-tree";
import type { Cause, ProgramCase } from "./cases.ts";

/** What a tree tells, as one line; `""` where the author says the same. */
export function difference({ cause, verdict }: ProgramCase, tree: ErrorTree | undefined): string {
  if (tree === undefined) return "nothing";
  const told = verdictOf(tree.root);
  if (told !== verdict) return `${told}: ${causeText(tree)}`;
  return isCause(cause, tree) ? "" : causeText(tree);
}

function isCause(cause: Cause, { root }: ErrorTree): boolean {
  const { node, ambiguous } = rootCauseOf(root);
  if (node.service !== cause.service || ambiguous !== (cause.ambiguous ?? false)) return false;
  if (node.operation !== cause.operation && node.operation !== cause.layer) return false;
  return cause.errorType === undefined || cause.errorType === node.errorType;
}

function causeText({ root }: ErrorTree): string {
  const { node, ambiguous } = rootCauseOf(root);
  return textOf(node, ambiguous);
}

/** The author's own words. */
export function authorText({ cause, verdict }: ProgramCase): string {
  return `${verdict === "failed" ? "" : `${verdict}: `}${textOf(cause, cause.ambiguous ?? false)}`;
}

function textOf(
  { service, operation, errorType }: Pick<Cause, "service" | "operation" | "errorType">,
  ambiguous: boolean,
): string {
  const type = errorType === undefined ? "" : ` (${errorType})`;
  return `${service} ${operation}${type}${ambiguous ? ", or another" : ""}`;
}
