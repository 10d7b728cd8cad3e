// Makes the doctor's asks: every request has its own id and trace, so that an answer shows which ask it was made for.
import { randomBytes } from "node:crypto";
import { askSuffix, formatAsk, HEADER_NAME } from "../../wire/header.ts";

/** The name of the asking service, as services see it and log it. */
const NAME = "error-tree doctor";

/** How an ask differs from that of a service. */
export interface AskKind {
  /** Key id and token. */
  readonly key?: string | undefined;
  /** Ask for JSON: every such answer comes with `Vary`. */
  readonly json?: boolean;
  /** Added to the name, for the log of the service that refuses the ask. */
  readonly remark?: string;
}

/** The fields of one request, and the id that its answer must repeat. */
export interface Asked {
  readonly id: string;
  readonly traceId: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** An ask as a service writes it, with a `traceparent` of its own that is not sampled. */
export function newAsk({ key, json = false, remark = "" }: AskKind = {}): Asked {
  const { id, traceId, fields } = newTrace();
  const suffix = askSuffix(NAME + remark, key, json);
  return { id, traceId, fields: { ...fields, [HEADER_NAME]: formatAsk(id, suffix) } };
}

/** A field of our name that no service understands: version 0. For proxies in between it looks like any ask. */
export function newIgnoredAsk(): Asked {
  const asked = newAsk();
  const field = (asked.fields[HEADER_NAME] as string).replace("v=1", "v=0");
  return { ...asked, fields: { ...asked.fields, [HEADER_NAME]: field } };
}

/** A trace without an ask. */
export function newTrace(): Asked {
  const id = hexId(8);
  const traceId = hexId(16);
  return { id, traceId, fields: { traceparent: `00-${traceId}-${id}-00` } };
}

/** Random, and never all zeros, which is not a valid id. */
function hexId(bytes: number): string {
  const id = randomBytes(bytes);
  id[0] = (id[0] as number) | 1;
  return id.toString("hex");
}
