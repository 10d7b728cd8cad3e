// A span that has not ended, as it stands now: written where its fragment is exported before its end.
import type { LiveSpan } from "./fragment.ts";

/** A copy that reads as ended at `now` (milliseconds since the epoch) and says so; the span itself lives on. */
export function snapshotOf(span: LiveSpan, now: number): LiveSpan {
  const [seconds, nanos] = span.startTime;
  const endSeconds = Math.floor(now / 1000);
  const endNanos = Math.round((now % 1000) * 1e6);
  const after = endSeconds > seconds || (endSeconds === seconds && endNanos > nanos);
  const endTime: [number, number] = after ? [endSeconds, endNanos] : [seconds, nanos];
  let duration: [number, number] = [endTime[0] - seconds, endTime[1] - nanos];
  if (duration[1] < 0) duration = [duration[0] - 1, duration[1] + 1e9];
  return Object.create(span, {
    attributes: { value: { ...span.attributes, "error_tree.unended": true }, enumerable: true },
    endTime: { value: endTime, enumerable: true },
    duration: { value: duration, enumerable: true },
    ended: { value: true, enumerable: true },
  });
}
