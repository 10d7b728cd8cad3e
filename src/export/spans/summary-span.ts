// Writes one span for all failed trees of a kind that were not exported, so that the counts in the backend are exact.
import { randomBytes } from "node:crypto";
import type { SpanContext } from "@opentelemetry/api";
import { millisToHrTime } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { INTERNAL, SAMPLED, STATUS_ERROR } from "../../spans/otel.ts";
import { unrecordedSpan } from "../../spans/written-span.ts";
import type { FailedRequest } from "../../tree/failed-request.ts";
import type { UnexportedTrees } from "../limit/kind-table.ts";
import { FORCED_ATTRIBUTES } from "./forced-span.ts";

/**
 * The only span of a new trace. It says how many requests failed in this way since the last one that was exported, and names
 * the trace of that one if there is one. `resource` is that of this process.
 */
export function summarySpan(
  { kind, represents, sample }: UnexportedTrees,
  resource: ReadableSpan["resource"],
  nowMs: number,
): ReadableSpan {
  const context: SpanContext = {
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    traceFlags: SAMPLED,
  };
  const time = millisToHrTime(nowMs);
  const { cause } = sample;
  return unrecordedSpan({
    name: sample.operation,
    kind: INTERNAL,
    context,
    startTime: time,
    endTime: time,
    status: { code: STATUS_ERROR, message: `${represents} requests failed like this and were not exported` },
    attributes: {
      "error_tree.summary": true,
      "error_tree.represents": represents,
      "error_tree.verdict": "failed",
      "error_tree.code": sample.code,
      "error_tree.root_cause.service": cause.service,
      "error_tree.root_cause.operation": cause.operation,
      "error_tree.root_cause.code": cause.code,
      ...(cause.errorType === undefined ? undefined : { "error.type": cause.errorType }),
      ...(kind === undefined
        ? { "error_tree.mixed": true }
        : { "error_tree.fingerprint": sample.fingerprint }),
      ...(kind === undefined ? undefined : { "error_tree.example_trace_id": sample.traceId }),
      ...FORCED_ATTRIBUTES,
    },
    resource,
  });
}

/** The same for whoever gets failed requests. */
export function summaryOf({ represents, sample }: UnexportedTrees): FailedRequest {
  const { traceId, service, operation, code, cause, fingerprint } = sample;
  const rootCause = { ...cause, ambiguous: false };
  return { traceId, service, operation, code, rootCause, fingerprint, represents, summary: true };
}
