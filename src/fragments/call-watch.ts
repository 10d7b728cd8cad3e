// Finds the call that settled a promise: the one that was answered or ended last, in the same turn of the event loop.
import { ROLE_ATTRIBUTE, type SpanRole } from "../spans/span-role.ts";
import type { Fragment, SpanEntry } from "./fragment.ts";

const CLIENT = 2;
const PRODUCER = 3;

/** Begins to look; the returned function gives the call its role once the promise has settled. */
export function watchCalls(fragment: Fragment): (role: SpanRole) => void {
  fragment.watches++;
  return (role) => {
    fragment.watches--;
    const { lastCall } = fragment;
    if (lastCall !== undefined) giveRole(lastCall, role);
  };
}

/** Notes that a call was answered, broke or ended; asked for only while somebody watches. */
export function noteCall(entry: SpanEntry): void {
  const { fragment, span } = entry;
  if (span.kind !== CLIENT && span.kind !== PRODUCER) return;
  fragment.lastCall = entry;
  // What settles in a later turn has another reason, as a timer.
  setImmediate(() => {
    if (fragment.lastCall === entry) fragment.lastCall = undefined;
  });
}

function giveRole(entry: SpanEntry, role: SpanRole): void {
  if (entry.role !== undefined || entry.span.attributes[ROLE_ATTRIBUTE] !== undefined) return;
  entry.role = role;
  // A span that has ended takes no attribute any more; the role is then added when we export it.
  if (entry.span.isRecording()) entry.span.setAttribute(ROLE_ATTRIBUTE, role);
  // What was decided of its failure may be another thing now.
  if (entry.suspect) entry.fragment.suspects++;
}
