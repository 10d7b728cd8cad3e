// Writes as attributes what is known of a span and does not stand on it.
import { SHARED_ERROR } from "../spans/node-attributes.ts";
import { pendingAttributes } from "../spans/pending.ts";
import type { Attributes } from "../spans/span-record.ts";
import { ROLE_ATTRIBUTE } from "../spans/span-role.ts";
import type { SpanEntry } from "./span-entry.ts";

/** For our own tree, and for readers of the exported span; `undefined` if there is nothing. */
export function knownAttributes({ pendingMs, role, sharedError }: SpanEntry): Attributes | undefined {
  if (pendingMs === undefined && role === undefined && !sharedError) return undefined;
  return {
    ...(pendingMs === undefined ? undefined : pendingAttributes(pendingMs)),
    ...(role === undefined ? undefined : { [ROLE_ATTRIBUTE]: role }),
    ...(sharedError ? { [SHARED_ERROR]: true } : undefined),
  };
}
