// What a server side counts of the answers that it writes, whatever its transport.
import type { Activity } from "../health/health.ts";
import type { EncodedAnswer } from "../wire/messages.ts";

/** Counts an answer that is written. A value is printable ASCII: as long as it has bytes. */
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
