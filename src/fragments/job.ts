// Tells jobs from requests.
import { CONSUMER, INTERNAL } from "../spans/otel.ts";
import type { Fragment } from "./fragment.ts";

/** True if nobody waits for an answer: it begins with a span of the program itself, or with a message. */
export function isJob({ exchange, root: { span } }: Fragment): boolean {
  return exchange === undefined && (span.kind === INTERNAL || span.kind === CONSUMER);
}
