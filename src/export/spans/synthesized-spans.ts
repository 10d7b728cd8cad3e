// Writes spans for the nodes of answers that their own services did not export.

import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import { hrTimeToMilliseconds, millisToHrTime } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { CAUSES } from "../../spans/causes.ts";
import { Hash64 } from "../../spans/hash.ts";
import { attributesOfNode } from "../../spans/node-attributes.ts";
import { SAMPLED, SPAN_KINDS, STATUS_ERROR, STATUS_UNSET } from "../../spans/otel.ts";
import { unrecordedSpan } from "../../spans/written-span.ts";
import { type ErrorTree, isFailed, originOf, type TreeNode } from "../../tree/tree.ts";
import { ANSWERED, CAUSE, type Weight } from "../../tree/weight.ts";
import { FORCED_ATTRIBUTES } from "./forced-span.ts";
import { Selection } from "./selection.ts";
import { addWarnings } from "./warnings.ts";

/** A client span of an exported fragment, and the tree that was answered to it. */
export interface CalleeTree {
  readonly span: ReadableSpan;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
  /** Id of the call; if it is not exported, of the nearest span above it that is. */
  readonly above: string | undefined;
}

/** Spans that were written, and the weight of each of them. */
export interface SynthesizedSpans {
  readonly spans: readonly ReadableSpan[];
  readonly weights: readonly Weight[];
  /** Nodes for which there was no room. */
  readonly left: number;
}

const WRITTEN: Weight = { level: ANSWERED, isNode: true };
const ON_THE_WAY: Weight = { level: CAUSE, isNode: true };

/** A node, and the nearest span above it that is exported. */
interface Place {
  readonly node: TreeNode;
  /** Index among its siblings. */
  readonly index: number;
  /** Steps from the callee's root. */
  readonly depth: number;
  /** Hash of the path from the call to the node: the id of its span, if one is written. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Start and duration of the span above, in milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * Writes a span for every node that has a stub, with its service as resource, its kind, and its times if they are known, else
 * those of the span above it. Ids are derived from the id of the call and the place of the node, because headers carry none.
 *
 * Iterative, because peers choose the depth.
 */
export class SpanSynthesizer {
  /** One resource per service: exporters group by the object. */
  readonly #resources = new Map<string, ReadableSpan["resource"]>();

  /**
   * The spans beneath the calls, one call after the other, parents before children. Of more than `most`, those on the way to
   * the first root cause are written, then those nearest to their call; `left` is the number of the others.
   */
  spansOf(callees: readonly CalleeTree[], most: number): SynthesizedSpans {
    const selection = new Selection(callees, most);
    const written = { spans: [], weights: [], left: selection.left };
    for (const callee of callees) this.#write(callee, selection, written);
    return written;
  }

  #write(
    { span, tree, above }: CalleeTree,
    selection: Selection,
    { spans, weights }: { readonly spans: ReadableSpan[]; readonly weights: Weight[] },
  ): void {
    const startMs = hrTimeToMilliseconds(span.startTime);
    const durationMs = Math.max(0, hrTimeToMilliseconds(span.endTime) - startMs);
    const spanId = idBeneath(span.spanContext().spanId, 0);
    const todo: Place[] = [
      { node: tree.root, index: 0, depth: 0, spanId, parentSpanId: above, startMs, durationMs },
    ];
    for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
      const { node, depth } = place;
      const written = selection.takes(node, depth) ? this.#span(place, span) : undefined;
      if (written !== undefined) {
        spans.push(written);
        weights.push(selection.way.has(node) ? ON_THE_WAY : WRITTEN);
      }
      const parentSpanId = written?.spanContext().spanId ?? place.parentSpanId;
      const start = written === undefined ? place.startMs : hrTimeToMilliseconds(written.startTime);
      const duration = written === undefined ? place.durationMs : hrTimeToMilliseconds(written.duration);
      const { children } = node;
      for (let index = children.length - 1; index >= 0; index--) {
        const child = children[index] as TreeNode;
        if (!selection.reaches(child, depth + 1)) continue;
        todo.push({
          node: child,
          index,
          depth: depth + 1,
          spanId: idBeneath(place.spanId, index),
          parentSpanId,
          startMs: start,
          durationMs: duration,
        });
      }
    }
  }

  #span(place: Place, caller: ReadableSpan): ReadableSpan {
    const { node, spanId, parentSpanId } = place;
    const { kind, startMs, durationMs } = node.stub as NonNullable<TreeNode["stub"]>;
    const { traceId } = caller.spanContext();
    const context: SpanContext = { traceId, spanId, traceFlags: SAMPLED };
    const duration = believed(durationMs) ?? place.durationMs;
    const start = fitting(place.startMs + (believed(startMs) ?? 0), duration, place);
    const startTime = millisToHrTime(start);
    const endTime = millisToHrTime(start + duration);
    return unrecordedSpan({
      name: node.operation,
      kind: SPAN_KINDS.indexOf(kind),
      context,
      ...(parentSpanId === undefined
        ? undefined
        : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED } }),
      startTime,
      endTime,
      status: isFailed(node)
        ? { code: STATUS_ERROR, ...(node.message === undefined ? undefined : { message: node.message }) }
        : { code: STATUS_UNSET },
      attributes: this.#attributes(node, place.index),
      events: eventsOf(node, endTime),
      resource: this.#resource(node.service),
    });
  }

  #attributes(node: TreeNode, index: number): Attributes {
    const all: Attributes = { ...attributesOfNode(node, index), "error_tree.origin": originOf(node) };
    addWarnings(all);
    return { ...all, ...FORCED_ATTRIBUTES };
  }

  #resource(service: string): ReadableSpan["resource"] {
    const known = this.#resources.get(service);
    if (known !== undefined) return known;
    if (this.#resources.size >= REMEMBERED_SERVICES) this.#resources.clear();
    const resource = serviceResource(service);
    this.#resources.set(service, resource);
    return resource;
  }
}

/** Longest time that is believed of a peer: no request takes longer, and larger ones may overflow OTLP's 64 bits. */
const LONGEST_MS = 24 * 60 * 60_000;

function believed(ms: number | undefined): number | undefined {
  return ms !== undefined && ms <= LONGEST_MS ? ms : undefined;
}

/**
 * The start, moved so that the span does not end after the one above it if that is only due to times in whole milliseconds:
 * Jaeger would take it for a difference between clocks and add a warning.
 */
function fitting(startMs: number, durationMs: number, above: Place): number {
  const overMs = startMs + durationMs - (above.startMs + above.durationMs);
  return overMs > 0 && overMs <= ROUNDING_MS && durationMs <= above.durationMs ? startMs - overMs : startMs;
}

/** Rounding errors of the start of a span, and of the start and the duration of the one above. */
const ROUNDING_MS = 2;

function idBeneath(id: string, index: number): string {
  return new Hash64().text(id).text(`${index}`).hex();
}

/** Most services whose resource is kept, because their names come from peers. */
const REMEMBERED_SERVICES = 1000;

/** The resource of another service, of which only the name is known: its host and process are not those of this one. */
function serviceResource(service: string): ReadableSpan["resource"] {
  const attributes = { "service.name": service };
  const resource: ReadableSpan["resource"] = {
    attributes,
    asyncAttributesPending: false,
    merge: (other) => other ?? resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

/** The error as an exception event, if its type, frames or causes are known. */
function eventsOf(node: TreeNode, time: HrTime): ReadableSpan["events"] {
  const { errorType, message, frames, causes } = node;
  if (!isFailed(node) || (errorType ?? frames ?? causes) === undefined) return [];
  const attributes: Attributes = {
    ...(errorType === undefined ? undefined : { "exception.type": errorType }),
    ...(message === undefined ? undefined : { "exception.message": message }),
    ...(frames === undefined ? undefined : { "exception.stacktrace": stackOf(node) }),
    ...(causes === undefined ? undefined : { [CAUSES]: [...causes] }),
  };
  return [{ name: "exception", time, attributes, droppedAttributesCount: 0 }];
}

/** Frames as V8 prints them, which backends fold and link. */
function stackOf({ errorType = "Error", message = "", frames = [] }: TreeNode): string {
  return [`${errorType}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join("\n");
}
