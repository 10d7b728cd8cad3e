// Collects what is known of one failed child when its parent is judged.

import { takingBackOf } from "../../spans/call.ts";
import { type Code, isFault, isRejection } from "../../spans/code.ts";
import type { Because } from "../because.ts";
import type { Item } from "../item.ts";
import type { Work } from "../link.ts";
import { isToTakeBack, type RegionFailure, takesBack } from "./region.ts";
import type { Reportable } from "./report.ts";
import { isLate } from "./time.ts";

/** A failed child while its parent is judged. */
export interface Child extends Reportable {
  readonly item: Item;
  readonly code: Code;
  /** It came after the node had reported its failure, or the program says that it does not need it. */
  readonly stoppedNobody: boolean;
  /** By its role or its effect it only undoes or reports: its failure does not count beside others. */
  readonly isUndoing: boolean;
  /** It undoes something if a fault came before it. */
  readonly mayTakeBack: boolean;
  retried: boolean;
  survived: boolean;
  because: Because | undefined;
}

/** What must be known of a node to judge its children. */
export interface Sight {
  readonly node: Work;
  /** When it had reported its failure at the latest. */
  readonly reported: number;
  /** It is a call: what stands beneath has a clock of its own. */
  readonly isCall: boolean;
}

/** The failed children among the items of a node. */
export function failedChildren(items: readonly Item[], sight: Sight): Child[] {
  const purpose = isToTakeBack(sight.node);
  return items.filter(({ node }) => node.code !== "ok").map((item) => childOf(item, sight, purpose));
}

function childOf(item: Item, { node, reported, isCall }: Sight, purpose: boolean): Child {
  const { code, service, operation, at, peer } = item.node;
  const { work } = item;
  const evidence = item.evidence.value;
  const role = isCall ? undefined : roleOf(item, node);
  const address = evidence.addresses[0];
  const failing = { start: item.start, end: item.end, isSilent: evidence.ended === "silent" };
  // A call that was pending had not failed when the node reported its own failure.
  const wasPending = work?.record.pending !== undefined && !node.record.abandoned;
  const late = !isCall && work !== undefined && (wasPending || isLate(failing, node.start, reported));
  return {
    item,
    code,
    operation,
    evidence,
    group: JSON.stringify([service, operation, at, peer, code, address?.host, address?.port, address?.path]),
    stoppedNobody: late || role === "optional" || item.beneathSuccess === "explicit",
    isBeneathSuccess: item.beneathSuccess !== undefined,
    isUndoing: role === "compensation" || role === "report" || work?.record.call?.value.effect === "undoes",
    mayTakeBack: !purpose && work !== undefined && (takesBack(work) || takingBackOf(operation) !== undefined),
    retried: false,
    survived: false,
    because: late
      ? { why: "late" }
      : role === "optional"
        ? { why: "optional" }
        : item.beneathSuccess === undefined
          ? undefined
          : { why: "within-success" },
  };
}

/** A role is looked for on so many spans above a call. */
const MOST_STEPS = 64;

/** What the program says of the call, or of the step in which it stands. */
function roleOf({ work }: Item, node: Work): Work["record"]["role"] {
  let at = work;
  for (let steps = 0; at !== undefined && at !== node && steps < MOST_STEPS; steps++) {
    if (at.record.role !== undefined) return at.record.role;
    at = at.parent;
  }
  return undefined;
}

/** The child as a failure in its node's region; `undefined` if it is not on the clock of the node. */
export function failureOf(child: Child): RegionFailure | undefined {
  const { work, start, end } = child.item;
  return work === undefined ? undefined : { work, start, end, stops: stops(child) };
}

/** True for a failure that no program treats as a normal answer. */
export function stops(child: Child): boolean {
  return isFault(child.code) || isFirmRejection(child);
}

/** True for a rejection that no program treats as a normal answer: it stops a program as a fault does. */
export function isFirmRejection({ code, item }: Child): boolean {
  if (FIRM.has(code)) return true;
  return isRejection(code) && code !== "already-exists" && code !== "cancelled" && item.isDataStore;
}

const FIRM: ReadonlySet<Code> = new Set([
  "resource-exhausted",
  "unauthenticated",
  "permission-denied",
  "aborted",
]);
