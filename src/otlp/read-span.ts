// Makes the facts of a span from what a reader found, whichever format it reads: its attributes, events and status.
import type { EventFacts } from "../spans/exception.ts";
import { hasFailed } from "../spans/failure.ts";
import { SPAN_KINDS, type SpanKindName, type SpanStatus } from "../spans/otel.ts";
import type { SpanFacts } from "../spans/span-record.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { ReadAttributes } from "./dialect.ts";
import { eventsOf, type FoundEvent, withCause } from "./events.ts";
import { textIn } from "./json-value.ts";

/** What a reader found of a span. */
export interface FoundSpan {
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly service: string | undefined;
  /** Number or name of the kind, of OTLP; else the attribute `span.kind` counts. */
  readonly kind?: unknown;
  readonly name: unknown;
  readonly status?: SpanStatus;
  readonly statusMessage?: string | undefined;
  readonly attributes: ReadAttributes;
  readonly events: readonly FoundEvent[];
  /** In microseconds since the epoch; 0 if it is not known. */
  readonly start: number;
  readonly end: number;
}

/** The facts of a span, in the words that src/spans knows. */
export function spanFacts(found: FoundSpan): SpanFacts {
  const { spanId, parentId, status = "unset", events } = found;
  const attributes = found.attributes.translated();
  const kind = kindOf(found.kind, attributes["span.kind"]);
  const facts: FactsDraft = {
    spanId,
    service: found.service ?? UNKNOWN_SERVICE,
    kind,
    name: textIn(found.name) ?? spanId,
    status,
    attributes,
    events: NONE,
    start: found.start,
    end: found.end,
  };
  if (parentId !== undefined) facts.parentId = parentId;
  if (isWholeMs(found.start) || isWholeMs(found.end)) facts.lag = MS;
  const stack = found.attributes.isForeign ? stackIn(attributes) : undefined;
  if (events.length > 0 || stack !== undefined) facts.events = eventsShown(events, stack, facts);
  // Formats without a status have its description as an attribute.
  const described = found.statusMessage ?? textIn(attributes[DESCRIPTION]);
  const statusMessage = withCause(described, facts.events.at(-1));
  if (statusMessage !== undefined) facts.statusMessage = statusMessage;
  else if (described !== undefined) delete attributes[DESCRIPTION];
  return facts;
}

const DESCRIPTION = "otel.status_description";

const MS = 1000;

/**
 * A time in whole milliseconds is rounded down, and the span's other one with it: the SDK of JavaScript reads `Date.now()` at the
 * start and adds to it what `performance.now()` says has passed; if the program gave the start, the end is `Date.now()`.
 * Source: sdk-trace 3.1, Span.ts, `_getTime`.
 */
function isWholeMs(time: number): boolean {
  return time % MS === 0;
}

/** Filled in one object: a file may have a million spans. */
type FactsDraft = { -readonly [Name in keyof SpanFacts]: SpanFacts[Name] };

/** The errors of a span. An error in a log or in an attribute counts only if the span failed by another sign. */
function eventsShown(
  events: readonly FoundEvent[],
  stack: EventFacts | undefined,
  { status, kind, attributes }: Pick<SpanFacts, "status" | "kind" | "attributes">,
): readonly EventFacts[] {
  const { marks, hints } = eventsOf(events);
  if (marks.length > 0) return marks;
  const all = stack === undefined ? hints : [...hints, stack];
  return all.length > 0 && hasFailed(status, kind, { attributes, events: NONE, ended: true }) ? all : NONE;
}

const NONE: readonly EventFacts[] = [];

/** The error that a producer wrote as attributes of the span, in place of an event. */
function stackIn(attributes: Readonly<Record<string, unknown>>): EventFacts | undefined {
  const stack =
    textIn(attributes["exception.stacktrace"]) ??
    textIn(attributes["error.stack"]) ??
    textIn(attributes.stack);
  if (stack === undefined) return undefined;
  return eventsOf([{ name: "exception", attributes: { "exception.stacktrace": stack } }]).marks[0];
}

/** The kind by its number in OTLP, or by its name in any spelling. */
function kindOf(kind: unknown, attribute: unknown): SpanKindName {
  const known = typeof kind === "number" ? SPAN_KINDS[kind - 1] : undefined;
  if (known !== undefined) return known;
  const name = typeof kind === "string" && kind !== "" ? kind.replace("SPAN_KIND_", "") : attribute;
  const lower = typeof name === "string" ? name.toLowerCase() : name;
  return SPAN_KINDS.find((one) => one === lower) ?? "internal";
}
