// Says in plain words what a node of a tree holds: for people who never saw this library.
import { outcomeOf } from "../tree/format.ts";
import { type TreeNode, UNKNOWN_SERVICE } from "../tree/tree.ts";

/** Which service did what, and whom it called. What stands for a name that is not known is not said if there is an operation. */
export function whoOf({ service, operation, at, peer }: TreeNode): string {
  const who = service === UNKNOWN_SERVICE && operation !== "" ? [operation] : [service, operation];
  const where = at === undefined ? "" : ` at ${at}`;
  const callee = peer === undefined ? "" : ` -> ${peer}`;
  return `${who.filter((name) => name !== "").join(" ")}${where}${callee}`;
}

/** Who failed at what, in a few words; of a call that was still running, who called whom. */
export function subjectOf(node: TreeNode): string {
  return node.pending ? whoOf(node) : `${whoOf(node)} ${outcomeOf(node)}`;
}

/** Type and message of its error; the empty string if neither is known. */
export function whyOf({ errorType, message }: TreeNode): string {
  // Some SDKs put the type into the message.
  const parts =
    errorType !== undefined && message?.startsWith(`${errorType}:`) ? [message] : [errorType, message];
  return parts.filter((part) => part !== undefined).join(": ");
}
