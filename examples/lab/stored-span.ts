// What the query API of a Jaeger tells of a trace.
import { setTimeout } from "node:timers/promises";
import { LabError } from "./lab-error.ts";

const POLL_MS = 50;

/** A span as the query API tells it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent on a root. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly service: string;
  /** As OTLP writes them; absent where the store does not keep them, as Badger. */
  readonly flags: number | undefined;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly message: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

/** The spans of a trace that are there; none where this Jaeger does not know the trace. */
export async function readTrace(queryUrl: string, traceId: string): Promise<StoredSpan[]> {
  return spansIn(await ask(`${queryUrl}/api/v3/traces/${traceId}`));
}

/** The spans of all traces, up to so many, in which a service has a part and that began after a moment. */
export async function searchTraces(
  queryUrl: string,
  service: string,
  since: Date,
  most: number,
): Promise<StoredSpan[]> {
  const query = new URLSearchParams({
    "query.service_name": service,
    "query.start_time_min": since.toISOString(),
    "query.start_time_max": new Date(Date.now() + 60_000).toISOString(),
    "query.num_traces": String(most),
  });
  return spansIn(await ask(`${queryUrl}/api/v3/traces?${query}`));
}

/**
 * Waits until a trace has at least so many spans.
 *
 * @throws LabError after `timeoutMs`; a query that fails before is asked again
 */
export async function untilTrace(
  queryUrl: string,
  traceId: string,
  spans: number,
  timeoutMs = 60_000,
): Promise<StoredSpan[]> {
  let why = "";
  for (const end = performance.now() + timeoutMs; performance.now() < end; await setTimeout(POLL_MS)) {
    try {
      const found = await readTrace(queryUrl, traceId);
      if (found.length >= spans) return found;
      why = `, only ${found.length}`;
    } catch (error) {
      why = `: ${(error as Error).message}`;
    }
  }
  throw new LabError(`no trace ${traceId} with ${spans} spans in Jaeger after ${timeoutMs / 1000} s${why}`);
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly result: {
    readonly resourceSpans?: readonly {
      readonly resource: { readonly attributes?: readonly Attribute[] };
      /** Without `spans` where each of them was told before: of equal spans Jaeger answers with one. */
      readonly scopeSpans: readonly { readonly spans?: readonly AnsweredSpan[] }[];
    }[];
  };
}

interface AnsweredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly flags?: number;
  readonly status?: { readonly code?: number | string; readonly message?: string };
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly Attribute[] }[];
}

const STATUS = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
/** What it answers where it has no such trace. */
const NONE: Answer = { result: {} };

async function ask(url: string): Promise<Answer> {
  const response = await fetch(url);
  const body = await response.text();
  if (response.status === 404) return NONE;
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${body}`);
  return JSON.parse(body) as Answer;
}

function spansIn({ result: { resourceSpans = [] } }: Answer): StoredSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(recordOf(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => storedSpan(span, service)));
  });
}

function storedSpan(span: AnsweredSpan, service: string): StoredSpan {
  const { traceId, spanId, parentSpanId, name, flags, status = {}, attributes, events = [] } = span;
  const { code = 0, message = "" } = status;
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId || undefined,
    name,
    service,
    flags,
    status: typeof code === "number" ? code : STATUS.indexOf(code),
    message,
    attributes: recordOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: recordOf(event.attributes) })),
  };
}

function recordOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [kind, content] = Object.entries(value)[0] ?? [];
      return [key, kind === "intValue" ? Number(content) : content];
    }),
  );
}
