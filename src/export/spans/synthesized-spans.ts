// The spans of nodes beneath an exported fragment that nobody else exports, written from what their trees tell.

import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import { hrTimeToMilliseconds, millisToHrTime } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { Hash64 } from "../../spans/hash.ts";
import { attributesOfNode } from "../../spans/node-attributes.ts";
import { SAMPLED, STATUS_ERROR, STATUS_UNSET } from "../../spans/otel.ts";
import { SPAN_KINDS } from "../../spans/span-kind.ts";
import { unrecordedSpan } from "../../spans/written-span.ts";
import { type ErrorTree, isFailed, originOf, type TreeNode } from "../../tree/tree.ts";
import { CAUSE, TOLD, type Weight } from "../../tree/weight.ts";
import { FORCED_ATTRIBUTES } from "./forced-span.ts";
import { Selection } from "./selection.ts";
import { addWarnings } from "./warnings.ts";

/** A client span of an exported fragment, and the tree that was answered to it. */
export interface CalleeTree {
  readonly span: ReadableSpan;
  readonly tree: ErrorTree;
  /** The way to the first root cause leads through it. */
  readonly leadsToCause: boolean;
  /** The call's id; if the call is not exported, that of the nearest span above it that is. */
  readonly above: string | undefined;
}

/** Spans that were written, in parallel to their weights. */
export interface SynthesizedSpans {
  readonly spans: readonly ReadableSpan[];
  readonly weights: readonly Weight[];
  /** Nodes for which there was no room. */
  readonly left: number;
}

const WRITTEN: Weight = { level: TOLD, isNode: true };
const ON_THE_WAY: Weight = { level: CAUSE, isNode: true };

/** Where a node hangs: the nearest span above it that is in the backend, or will be. */
interface Place {
  readonly node: TreeNode;
  /** Index among its siblings. */
  readonly index: number;
  /** Steps from the callee's root. */
  readonly depth: number;
  /** Hash of the way from the call to the node: its span's id, where one is written. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Start and duration of the span above, in milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * One span for every node that has a stub: its service as resource, its own kind, its times as far as they are known,
 * else those of the span above it. Ids are derived from the call's id and the
 * node's place, since headers carry none.
 *
 * Iterative: depth is the peer's choice.
 */
export class SpanSynthesizer {
  /** One resource per service: exporters group by the object. */
  readonly #resources = new Map<string, ReadableSpan["resource"]>();

  /**
   * The spans beneath one call after the other, parents before children, `most` of them: those on the way to the first
   * root cause, then those nearest to their call. Says how many there would have been beyond.
   */
  spansOf(callees: readonly CalleeTree[], most: number): SynthesizedSpans {
    const selection = new Selection(callees, most);
    const spans: ReadableSpan[] = [];
    const weights: Weight[] = [];
    for (const callee of callees) this.#write(callee, selection, spans, weights);
    return { spans, weights, left: selection.left };
  }

  #write(
    { span, tree, above }: CalleeTree,
    selection: Selection,
    spans: ReadableSpan[],
    weights: Weight[],
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

/** Longest time that is believed of a peer: larger ones add up beyond OTLP's 64 bits, and a request takes none of them. */
const LONGEST_MS = 24 * 60 * 60_000;

function believed(ms: number | undefined): number | undefined {
  return ms !== undefined && ms <= LONGEST_MS ? ms : undefined;
}

/**
 * The start, earlier by what a span ends too late for the one above for no other reason than that times are told in whole
 * milliseconds: Jaeger would make a difference of clocks of it, and say so on the span.
 */
function fitting(startMs: number, durationMs: number, above: Place): number {
  const overMs = startMs + durationMs - (above.startMs + above.durationMs);
  return overMs > 0 && overMs <= ROUNDING_MS && durationMs <= above.durationMs ? startMs - overMs : startMs;
}

/** Of the start of a span, and of the start and the duration of the one above. */
const ROUNDING_MS = 2;

function idBeneath(id: string, index: number): string {
  return new Hash64().text(id).text(`${index}`).hex();
}

/** Most services whose resource is kept; names come from peers. */
const REMEMBERED_SERVICES = 1000;

/** All that is known of another service's resource: not its host, not its process, which are not ours either. */
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

/** The error as an exception event, where the tree tells more of it than its message. */
function eventsOf(node: TreeNode, time: HrTime): ReadableSpan["events"] {
  const { errorType, message, frames } = node;
  if (!isFailed(node) || (errorType === undefined && frames === undefined)) return [];
  const attributes: Attributes = {
    ...(errorType === undefined ? undefined : { "exception.type": errorType }),
    ...(message === undefined ? undefined : { "exception.message": message }),
    ...(frames === undefined ? undefined : { "exception.stacktrace": stackOf(node) }),
  };
  return [{ name: "exception", time, attributes, droppedAttributesCount: 0 }];
}

/** Frames in the form in which V8 prints them, which is what backends fold and link. */
function stackOf({ errorType = "Error", message = "", frames = [] }: TreeNode): string {
  return [`${errorType}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join("\n");
}
