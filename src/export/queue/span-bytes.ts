// Estimates the size of a span for bounds: cheap, and close to its size in OTLP.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** Ids of span and parent, times, flags, kind and status on the wire. */
const SPAN_BYTES = 80;
const EVENT_BYTES = 16;
/** Ids and flags of a link. */
const LINK_BYTES = 40;
/** Tags and lengths around a key and its value, and around an element of a list. */
const ATTRIBUTE_BYTES = 8;
const ELEMENT_BYTES = 2;
const NUMBER_BYTES = 8;
/** Lists nested deeper than this are not read. */
const DEEPEST = 4;

/**
 * Bytes of a span, estimated from the lengths of its strings and fixed amounts for the rest. A string counts one byte for
 * each UTF-16 unit, so that text other than ASCII counts too little, at worst a third. Resource and scope are shared and not
 * counted. On the heap it takes a few times as much.
 */
export function estimatedBytes(span: ReadableSpan): number {
  const { name, status, attributes, events, links } = span;
  let bytes = SPAN_BYTES + name.length + (status.message?.length ?? 0) + bytesOfAttributes(attributes, 0);
  for (const event of events) {
    bytes += EVENT_BYTES + event.name.length + bytesOfAttributes(event.attributes, 0);
  }
  for (const link of links) bytes += LINK_BYTES + bytesOfAttributes(link.attributes, 0);
  return bytes;
}

function bytesOfAttributes(attributes: object | undefined, depth: number): number {
  let bytes = 0;
  for (const key in attributes) {
    const value: unknown = attributes[key as never];
    bytes +=
      ATTRIBUTE_BYTES + key.length + (typeof value === "string" ? value.length : bytesOf(value, depth));
  }
  return bytes;
}

function bytesOf(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || depth === DEEPEST) return NUMBER_BYTES;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (!Array.isArray(value)) return bytesOfAttributes(value, depth + 1);
  let bytes = 0;
  for (const element of value) bytes += ELEMENT_BYTES + bytesOf(element, depth + 1);
  return bytes;
}
