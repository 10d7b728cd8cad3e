// A span that has not ended, as it stands now: written where its fragment is exported before its end.
import type { HrTime } from "@opentelemetry/api";
import { hrTimeDuration, millisToHrTime } from "@opentelemetry/core";
import type { LiveSpan } from "./fragment.ts";

/** A copy that reads as ended at `now` (milliseconds since the epoch) and says so; the span itself lives on. */
export function snapshotOf(span: LiveSpan, now: number): LiveSpan {
  const [seconds, nanos] = span.startTime;
  const [endSeconds, endNanos] = millisToHrTime(now);
  const after = endSeconds > seconds || (endSeconds === seconds && endNanos > nanos);
  const endTime: HrTime = after ? [endSeconds, endNanos] : [seconds, nanos];
  const duration = hrTimeDuration(span.startTime, endTime);
  return Object.create(span, {
    attributes: { value: { ...span.attributes, "error_tree.unended": true }, enumerable: true },
    endTime: { value: endTime, enumerable: true },
    duration: { value: duration, enumerable: true },
    ended: { value: true, enumerable: true },
  });
}
