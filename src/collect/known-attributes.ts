// What was found out of a span that it does not say itself.
import { SHARED_ERROR } from "../model/node-attributes.ts";
import { pendingAttributes } from "../model/pending.ts";
import { ROLE_ATTRIBUTE } from "../model/role.ts";
import type { Attributes } from "../model/span-record.ts";
import type { SpanEntry } from "./fragment.ts";

/** As attributes, for our own tree and for whoever reads the exported span; `undefined` where that is nothing. */
export function knownAttributes({ pendingMs, role, sharedError }: SpanEntry): Attributes | undefined {
  if (pendingMs === undefined && role === undefined && !sharedError) return undefined;
  return {
    ...(pendingMs === undefined ? undefined : pendingAttributes(pendingMs)),
    ...(role === undefined ? undefined : { [ROLE_ATTRIBUTE]: role }),
    ...(sharedError ? { [SHARED_ERROR]: true } : undefined),
  };
}
