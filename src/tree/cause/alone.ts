// Recognises the failure that stopped its node whatever else is known: the only one, in the only step that the node took.
import { isFault, isRejection } from "../../spans/code.ts";
import type { Item } from "../item.ts";
import type { Work } from "../link.ts";
import { isMistake } from "./errors.ts";

/** A step is looked for on so many spans above a failure. */
const MOST_STEPS = 64;

/**
 * True if the node's one failure, which came before the node reported its own at `reported`, needs no judging: no report can
 * name another one, no step came after it, no role excuses it, and code for code it explains the node. Most failing requests
 * are such, and nothing but codes and moments is looked at.
 */
export function standsAlone(node: Work, { items }: Item, reported: number): boolean {
  const failure = items[0];
  if (failure === undefined || items.length > 1) return false;
  const { work, start, end, beneathSuccess } = failure;
  if (work === undefined || !work.record.failed || work.record.pending !== undefined) return false;
  if (beneathSuccess !== undefined || failure.node.survived) return false;
  return (
    explains(failure.node.code, node) &&
    start < reported &&
    end <= reported &&
    start <= end &&
    isOnlyStep(work, node, start)
  );
}

/** True if a failure with this code makes the node's own one neither a mistake of the program, nor unsure, nor a time limit. */
function explains(code: Work["code"], { code: own, record }: Work): boolean {
  if (code === "ok" || (code === "cancelled" && own === "deadline-exceeded")) return false;
  return !isFault(own) || !(isRejection(code) || record.says?.types.some(isMistake));
}

/** True if no span of the service stands beneath the node but the failed one, and those that lead to it. */
function isOnlyStep(work: Work, node: Work, start: number): boolean {
  let at = work;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const above = at.parent;
    if (above === undefined || above.children.length !== 1) return false;
    if (at.record.role !== undefined || at.start > start) return false;
    if (above === node) return true;
    at = above;
  }
  return false;
}
