// Reads spans from a line of a spool file: one request of OTLP in JSON, as the SDK's serializer writes it.
import { type Attributes, createTraceState, type HrTime, type SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { WrittenSpan } from "../spans/written-span.ts";

/** `JSON.parse` gives no types: what is read here is checked when a span is made of it. */
type Json = Readonly<Record<string, unknown>>;

/** In the `flags` of a span and of a link. Source: opentelemetry-proto, `SpanFlags`. */
const TRACE_FLAGS = 0xff;
const IS_REMOTE = 0x200;

/** The spans of a line; `undefined` if it is not whole, not of this form, or has none. */
export function spansOfLine(line: string): readonly ReadableSpan[] | undefined {
  try {
    const spans = spansOf(JSON.parse(line) as Json);
    return spans.length === 0 ? undefined : spans;
  } catch {
    return undefined;
  }
}

function spansOf(request: Json): readonly ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  for (const group of listOf(request.resourceSpans)) {
    const resource = resourceOf(group);
    for (const scoped of listOf(group.scopeSpans)) {
      const scope = scopeOf(scoped);
      for (const span of listOf(scoped.spans)) spans.push(spanOf(span, resource, scope));
    }
  }
  return spans;
}

function resourceOf({ resource, schemaUrl }: Json): ReadableSpan["resource"] {
  const attributes = attributesOf((resource as Json).attributes);
  const made: ReadableSpan["resource"] = {
    attributes,
    asyncAttributesPending: false,
    merge: (other) => other ?? made,
    getRawAttributes: () => Object.entries(attributes),
    ...(typeof schemaUrl === "string" ? { schemaUrl } : undefined),
  };
  return made;
}

function scopeOf({ scope, schemaUrl }: Json): ReadableSpan["instrumentationScope"] {
  const { name, version, attributes } = scope as Json;
  return {
    name: textOf(name),
    ...(typeof version === "string" ? { version } : undefined),
    ...(typeof schemaUrl === "string" ? { schemaUrl } : undefined),
    ...(attributes === undefined ? undefined : { attributes: attributesOf(attributes) }),
  };
}

function spanOf(
  span: Json,
  resource: ReadableSpan["resource"],
  instrumentationScope: ReadableSpan["instrumentationScope"],
): ReadableSpan {
  const { traceId, spanId, parentSpanId, traceState, flags, status } = span;
  const context = contextOf({ traceId, spanId, traceState, flags });
  const startTime = timeOf(span.startTimeUnixNano);
  const endTime = timeOf(span.endTimeUnixNano);
  const { code, message } = status as Json;
  const written = new WrittenSpan({
    name: textOf(span.name),
    kind: numberOf(span.kind) - 1,
    spanContext: () => context,
    ...(parentSpanId === undefined
      ? undefined
      : {
          parentSpanContext: { ...contextOf({ traceId, spanId: parentSpanId }), isRemote: isRemote(flags) },
        }),
    startTime,
    endTime,
    duration: [0, 0],
    ended: true,
    status: { code: numberOf(code), ...(typeof message === "string" ? { message } : undefined) },
    attributes: attributesOf(span.attributes),
    events: listOf(span.events).map((event) => ({
      name: textOf(event.name),
      time: timeOf(event.timeUnixNano),
      attributes: attributesOf(event.attributes),
      droppedAttributesCount: numberOf(event.droppedAttributesCount),
    })),
    links: listOf(span.links).map((link) => ({
      context: { ...contextOf(link), isRemote: isRemote(link.flags) },
      attributes: attributesOf(link.attributes),
      droppedAttributesCount: numberOf(link.droppedAttributesCount),
    })),
    resource,
    instrumentationScope,
    droppedAttributesCount: numberOf(span.droppedAttributesCount),
    droppedEventsCount: numberOf(span.droppedEventsCount),
    droppedLinksCount: numberOf(span.droppedLinksCount),
  });
  written.endAt(endTime);
  return written;
}

function contextOf({ traceId, spanId, traceState, flags = 0 }: Json): SpanContext {
  return {
    traceId: idOf(traceId, 32),
    spanId: idOf(spanId, 16),
    traceFlags: numberOf(flags) & TRACE_FLAGS,
    ...(typeof traceState === "string" ? { traceState: createTraceState(traceState) } : undefined),
  };
}

function isRemote(flags: unknown): boolean {
  return (numberOf(flags) & IS_REMOTE) !== 0;
}

function attributesOf(pairs: unknown): Attributes {
  const attributes: Record<string, unknown> = {};
  for (const { key, value } of listOf(pairs)) {
    // Not by assignment, which for `__proto__` would set something else.
    Object.defineProperty(attributes, textOf(key), {
      value: anyValueOf(value as Json),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return attributes as Attributes;
}

/** A value of OTLP. One without a member is empty. */
function anyValueOf(value: Json): unknown {
  if (value.stringValue !== undefined) return textOf(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue === true;
  if (value.intValue !== undefined) return numberOf(value.intValue);
  // JSON knows neither NaN nor Infinity.
  if (value.doubleValue !== undefined) return value.doubleValue ?? Number.NaN;
  if (value.bytesValue !== undefined) return new Uint8Array(Buffer.from(textOf(value.bytesValue), "base64"));
  if (value.arrayValue !== undefined) return listOf((value.arrayValue as Json).values).map(anyValueOf);
  if (value.kvlistValue !== undefined) return attributesOf((value.kvlistValue as Json).values);
  return undefined;
}

/** Nanoseconds since the epoch, which a double does not hold. */
function timeOf(nanos: unknown): HrTime {
  const text = textOf(nanos);
  if (!/^\d{1,20}$/.test(text)) throw new TypeError("no time");
  return [Number(text.slice(0, -9)), Number(text.slice(-9))];
}

function idOf(id: unknown, digits: number): string {
  const text = textOf(id);
  if (text.length !== digits || !/^[0-9a-f]+$/.test(text)) throw new TypeError("no id");
  return text;
}

function listOf(list: unknown): readonly Json[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list;
}

function textOf(text: unknown): string {
  if (typeof text !== "string") throw new TypeError("no text");
  return text;
}

function numberOf(number: unknown): number {
  const value = Number(number ?? 0);
  if (!Number.isFinite(value)) throw new TypeError("no number");
  return value;
}
