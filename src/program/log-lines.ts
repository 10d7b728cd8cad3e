// Writes what loggers are given: the ids of the active span, and the line of a failed request.
import { context, isSpanContextValid, trace } from "@opentelemetry/api";
import type { FailedOperation, FailedRequest } from "../tree/failed-request.ts";
import { printable } from "../tree/format.ts";

/** Longest text of a line, longest of one name, in UTF-16 units. */
const LONGEST_LINE = 1_024;
const LONGEST_NAME = 256;

/** The ids of the active span, as OpenTelemetry calls them in logs that are JSON. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/** The ids of the active span; `undefined` if there is none. Never throws. */
export function activeIds(): TraceIds | undefined {
  try {
    const span = trace.getSpanContext(context.active());
    if (span === undefined || !isSpanContextValid(span)) return undefined;
    return { trace_id: span.traceId, span_id: span.spanId };
  } catch {
    // A context manager of the program's own.
    return undefined;
  }
}

/** The line of a failed request. */
export interface FailureLine {
  readonly text: string;
  /** What an exported span says in attributes, by the same names: `error_tree.root_cause.code`. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** `GET /cart internal: orders answered 502; root cause: robot GET /shelves internal: RangeError: no umbrella is left`. */
export function lineOf(failed: FailedRequest): FailureLine {
  const { rootCause, drift, fingerprint, represents, late, summary } = failed;
  const { errorType, message, ambiguous } = rootCause;
  const isOwn =
    failed.tree !== undefined &&
    rootCause.service === failed.service &&
    rootCause.operation === failed.operation;
  const because = isOwn
    ? ""
    : `; root cause${ambiguous ? ", not for sure" : ""}: ${name(rootCause.service)} ${outcome(rootCause)}`;
  const others = represents !== undefined && represents > 1 ? ` (${represents} requests)` : "";
  const attributes: FailureLine["attributes"] = {
    "error_tree.verdict": "failed",
    "error_tree.code": failed.code,
    "error_tree.root_cause.service": name(rootCause.service),
    "error_tree.root_cause.operation": name(rootCause.operation),
    "error_tree.root_cause.code": rootCause.code,
    ...(errorType === undefined ? undefined : { "error_tree.root_cause.type": name(errorType) }),
    ...(message === undefined ? undefined : { "error_tree.root_cause.message": cut(message, LONGEST_LINE) }),
    ...(ambiguous ? { "error_tree.root_cause.ambiguous": true } : undefined),
    ...(drift === undefined ? undefined : { "error_tree.drift": drift }),
    "error_tree.fingerprint": fingerprint,
    ...(represents === undefined ? undefined : { "error_tree.represents": represents }),
    ...(late ? { "error_tree.late": true } : undefined),
    ...(summary ? { "error_tree.summary": true } : undefined),
  };
  return { text: cut(`${outcome(failed)}${because}${others}`, LONGEST_LINE), attributes };
}

/** The same as one object, for loggers whose lines are JSON: `{ trace_id, error_tree: { root_cause: { code } } }`. */
export function fieldsOf(failed: FailedRequest, { attributes }: FailureLine): Record<string, unknown> {
  const { traceId, spanId } = failed;
  const fields: Record<string, unknown> = {
    trace_id: traceId,
    ...(spanId === undefined ? undefined : { span_id: spanId }),
  };
  for (const [path, value] of Object.entries(attributes)) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let place = fields;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return fields;
}

function outcome({ operation, code, errorType, message }: FailedOperation): string {
  const why = [errorType === "Error" ? undefined : errorType, message].filter(
    (part) => part !== undefined && part !== "",
  );
  return `${name(operation)} ${code === "unknown" ? "failed" : code}${why.map((part) => `: ${part}`).join("")}`;
}

function name(text: string): string {
  return cut(text, LONGEST_NAME);
}

/** One line, without what could steer a terminal. */
function cut(text: string, most: number): string {
  const shown = printable(text.slice(0, most + 1));
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
