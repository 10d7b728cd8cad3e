// When a written span ends.
import type { HrTime } from "@opentelemetry/api";

/**
 * The end, a microsecond after the start where it would be no later: Jaeger takes a span without duration for one of
 * negative duration, moves its end and says so on the span.
 */
export function endAfter(start: HrTime, end: HrTime): HrTime {
  if (end[0] > start[0] || (end[0] === start[0] && end[1] > start[1])) return end;
  const nanos = start[1] + 1000;
  return nanos < 1e9 ? [start[0], nanos] : [start[0] + 1, nanos - 1e9];
}
