// Estimates the size of a span for bounds: cheap, and close to its size in OTLP.

/** What is measured of a span. */
interface Measured {
  readonly name: string;
  readonly status: { readonly message?: string };
  readonly attributes: object;
  readonly events: readonly { readonly name: string; readonly attributes?: object }[];
  readonly links: readonly { readonly attributes?: object }[];
}

/** Ids of span and parent, times, flags, kind and status on the wire. */
const SPAN_BYTES = 80;
const EVENT_BYTES = 16;
/** Ids and flags of a link. */
const LINK_BYTES = 40;
/** Tags and lengths around a key and its value, and around an element of a list. */
const ATTRIBUTE_BYTES = 8;
const ELEMENT_BYTES = 2;
const NUMBER_BYTES = 8;
/** What a span takes on the heap beside its texts: the objects of the SDK and ours; and an event or a link of it. Measured on Node 24. */
const SPAN_HEAP_BYTES = 2_000;
const ITEM_HEAP_BYTES = 300;
/** Longer texts are searched for a character that makes a text take two bytes for each. */
const SHORT_TEXT = 256;
const WIDE = /[\u0100-\uffff]/;
/** Lists nested deeper than this are not read. */
const DEEPEST = 4;

/**
 * Bytes of a span, estimated from the lengths of its strings and fixed amounts for the rest. A character counts one byte, or two in a
 * long text that is not Latin-1. Resource and scope are shared and not counted.
 */
export function estimatedBytes(span: Measured): number {
  const { name, status, attributes, events, links } = span;
  let bytes = SPAN_BYTES + lengthOf(name) + lengthOf(status.message) + bytesOfAttributes(attributes, 0);
  for (const event of events) {
    bytes += EVENT_BYTES + lengthOf(event.name) + bytesOfAttributes(event.attributes, 0);
  }
  for (const link of links) bytes += LINK_BYTES + bytesOfAttributes(link.attributes, 0);
  return bytes;
}

/** The same as bytes on the heap; with a text that several spans share it is too much. */
export function estimatedHeapBytes(span: Measured): number {
  const items = span.events.length + span.links.length;
  return SPAN_HEAP_BYTES + estimatedBytes(span) + items * ITEM_HEAP_BYTES;
}

/** The SDK keeps a name as the program gave it, also one that is no text. */
function lengthOf(text: unknown): number {
  return typeof text === "string" ? bytesOfText(text) : 0;
}

function bytesOfText(text: string): number {
  return text.length > SHORT_TEXT && WIDE.test(text) ? 2 * text.length : text.length;
}

function bytesOfAttributes(attributes: object | undefined, depth: number): number {
  let bytes = 0;
  for (const key in attributes) {
    const value: unknown = attributes[key as never];
    bytes +=
      ATTRIBUTE_BYTES + key.length + (typeof value === "string" ? bytesOfText(value) : bytesOf(value, depth));
  }
  return bytes;
}

function bytesOf(value: unknown, depth: number): number {
  if (typeof value === "string") return bytesOfText(value);
  if (typeof value !== "object" || value === null || depth === DEEPEST) return NUMBER_BYTES;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (!Array.isArray(value)) return bytesOfAttributes(value, depth + 1);
  let bytes = 0;
  for (const element of value) bytes += ELEMENT_BYTES + bytesOf(element, depth + 1);
  return bytes;
}
