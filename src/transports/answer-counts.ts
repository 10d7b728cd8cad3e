// Counts the answers that a server side writes, for every transport.
import type { Activity } from "../health/health.ts";
import type { EncodedAnswer } from "../wire/messages.ts";

/** Counts an answer that is written. A value is printable ASCII, so its length is its number of bytes. */
export function countWritten(activity: Activity, { value, minimal, omitted }: EncodedAnswer): void {
  if (minimal) {
    activity.answers_minimal++;
    activity.answer_bytes_minimal += value.length;
  } else {
    activity.answers_tree++;
    activity.answer_bytes_tree += value.length;
  }
  if (omitted !== undefined) activity.nodes_omitted += omitted;
}
