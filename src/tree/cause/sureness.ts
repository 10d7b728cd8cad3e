// Principle "sureness": may something else as well have stopped the node?
import { type Code, isFault, isRejection } from "../../spans/code.ts";
import { Later } from "../../spans/later.ts";
import { rootCauseOf, type TreeNode } from "../tree.ts";
import { type Child, isFirmRejection } from "./child.ts";

/** Where the way through a failure ends. */
export interface End {
  readonly service: string;
  readonly operation: string;
  readonly code: Code;
  readonly peer?: string;
  /** The host of that peer, if it is known. */
  readonly host?: string;
  /** The way leads through a failure that was survived: it is only the likeliest one. */
  readonly survived?: true;
}

/** A node as the end of its own way. */
export function endOf({ service, operation, code, peer }: TreeNode, host: string | undefined): End {
  return {
    service,
    operation,
    code,
    ...(peer === undefined ? undefined : { peer }),
    ...(host === undefined ? undefined : { host }),
  };
}

/** Where the way through an answer ends. */
export function endOfAnswer(root: TreeNode): End {
  const { node, path } = rootCauseOf(root);
  const end = endOf(node, undefined);
  return path.some((step) => step !== root && step.survived) ? { ...end, survived: true } : end;
}

/** Where the way ends that leads through a failure. */
export function endThrough(cause: Later<End>, survived: boolean): Later<End> {
  return survived ? new Later(() => ({ ...cause.value, survived: true }), cause.nested + 1) : cause;
}

/** True if the faults do not all end at one operation, nor at one peer with one code. */
export function endApart(children: readonly Child[]): boolean {
  const faults = children.filter(({ code }) => isFault(code));
  const [first, ...others] = faults.map(({ item }) => item.cause.value);
  return first !== undefined && others.some((other) => !isSameEnd(first, other));
}

function isSameEnd(one: End, other: End): boolean {
  if (one.service === other.service && one.operation === other.operation) return true;
  if (one.code !== other.code || one.peer === undefined || one.peer !== other.peer) return false;
  return one.host === undefined || other.host === undefined || one.host === other.host;
}

/** True for a fault that stands above nothing that would have stopped it for sure. */
export function isOverNothingSure(code: Code, way: Child): boolean {
  if (!isFault(code)) return false;
  return way.survived || (isRejection(way.code) && !isFirmRejection(way));
}
