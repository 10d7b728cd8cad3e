// Cuts the texts of a span to a length at which many spans can be kept.
import type { SpanFacts } from "../../spans/span-record.ts";
import { cutText } from "../graph/names.ts";

const MOST_NAME = 512;
const MOST_MESSAGE = 4_096;
const MOST_ATTRIBUTE = 2_048;
/** A stack trace, above all. */
const MOST_EVENT_ATTRIBUTE = 16_384;
/** The last ones count most. */
const MOST_EVENTS = 8;

/** A span, and how many characters its texts and ids have. */
export interface BoundedSpan {
  readonly facts: SpanFacts;
  readonly chars: number;
}

type Attributes = SpanFacts["attributes"];

/** The span with texts of bounded length. Nearly every span stays as it is. */
export function boundedSpan(facts: SpanFacts): BoundedSpan {
  const { name, statusMessage = "", attributes, events } = facts;
  const ids = facts.spanId.length + (facts.parentId ?? "").length;
  let chars = name.length + statusMessage.length + charsOf(attributes);
  for (const event of events) if (event.attributes !== undefined) chars += charsOf(event.attributes);
  if (chars <= MOST_NAME && events.length <= MOST_EVENTS) return { facts, chars: chars + ids };
  const kept = events.slice(-MOST_EVENTS).map(({ name: event, attributes: found = {} }) => ({
    name: cutText(event, MOST_NAME),
    attributes: cutAttributes(found, MOST_EVENT_ATTRIBUTE),
  }));
  const cut: SpanFacts = {
    ...facts,
    name: cutText(name, MOST_NAME),
    ...(statusMessage === "" ? undefined : { statusMessage: cutText(statusMessage, MOST_MESSAGE) }),
    attributes: cutAttributes(attributes, MOST_ATTRIBUTE),
    events: kept,
  };
  chars = cut.name.length + (cut.statusMessage ?? "").length + charsOf(cut.attributes);
  for (const event of kept) chars += charsOf(event.attributes);
  return { facts: cut, chars: chars + ids };
}

function charsOf(attributes: Attributes): number {
  let chars = 0;
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === "string") chars += value.length;
    else if (Array.isArray(value)) for (const one of value) chars += typeof one === "string" ? one.length : 0;
  }
  return chars;
}

function cutAttributes(attributes: Attributes, most: number): Attributes {
  const cut: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") cut[name] = cutText(value, most);
    else if (!Array.isArray(value)) cut[name] = value;
    else cut[name] = value.map((one: unknown) => (typeof one === "string" ? cutText(one, MOST_NAME) : one));
  }
  return cut;
}
