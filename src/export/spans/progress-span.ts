// Writes a span that says what has failed so far in a job that still runs.
import { randomBytes } from "node:crypto";
import { millisToHrTime } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { nameText } from "../../spans/name-text.ts";
import { orderAttributes } from "../../spans/node-attributes.ts";
import { INTERNAL, SAMPLED, STATUS_UNSET } from "../../spans/otel.ts";
import { unrecordedSpan } from "../../spans/written-span.ts";
import type { ErrorTree } from "../../tree/tree.ts";
import { FORCED_ATTRIBUTES } from "./forced-span.ts";
import { textOfTree } from "./root-attributes.ts";

/**
 * A span beneath the job's own, from its start until now. It counts nothing and has no verdict, and its status is unset: the job's own
 * span will say how it ended, and no tree that is built of these spans may have a failure more.
 *
 * @param tree - its texts are redacted
 * @param moment - a tick since the start of the root
 */
export function progressSpan(
  root: ReadableSpan,
  tree: ErrorTree,
  { now, moment }: { readonly now: number; readonly moment: number },
): ReadableSpan {
  const { traceId, spanId } = root.spanContext();
  return unrecordedSpan({
    name: `${nameText(root.name)} so far`,
    kind: INTERNAL,
    context: { traceId, spanId: randomBytes(8).toString("hex"), traceFlags: SAMPLED },
    parentSpanContext: { traceId, spanId, traceFlags: SAMPLED },
    startTime: root.startTime,
    endTime: millisToHrTime(now),
    status: { code: STATUS_UNSET },
    attributes: {
      "error_tree.progress": true,
      // What became of the job is not known yet.
      "error_tree.text": textOfTree(tree).replace(/^\w+: /, "so far: "),
      ...(tree.omitted === 0 ? undefined : { "error_tree.omitted": tree.omitted }),
      // Readers use the order of all spans of the service, or of none.
      ...orderAttributes(moment, moment),
      ...FORCED_ATTRIBUTES,
    },
    resource: root.resource,
  });
}
