// Judges one exported trace: does it hang together from its root to the root cause, and who decided that it goes out?
import type { ArrivedSpan } from "./arrivals.ts";

/** One service's part of a trace that was exported by force. */
export interface ExportedFragment {
  readonly root: ArrivedSpan;
  /** It stands above an exported fragment of which it was told in time; else its own limiter let it out. */
  readonly forced: boolean;
}

/** What is to be said of one trace. */
export interface TraceReport {
  readonly traceId: string;
  readonly problems: readonly string[];
  readonly fragments: readonly ExportedFragment[];
  /** The span without a parent; absent where all that was exported stands apart. */
  readonly root: ArrivedSpan | undefined;
  /** When root and root cause had arrived both; absent where one of them is missing. */
  readonly completeAt: number | undefined;
  /** Fragments whose caller asked and got no answer, exported without that caller. */
  readonly unanswered: number;
  /** Fragments without an ask, exported without their caller. */
  readonly detached: number;
}

/**
 * Looks at all spans of a trace that have come. `fellSilent` tells the services that gave their callers no answer, or one
 * from before the failure: of what they export nobody above can know.
 */
export function judgeTrace(
  spans: readonly ArrivedSpan[],
  fellSilent: (service: string) => boolean = () => false,
): TraceReport {
  return new TraceJudge(spans, fellSilent).report();
}

class TraceJudge {
  readonly #spans: readonly ArrivedSpan[];
  readonly #byId = new Map<string, ArrivedSpan>();
  readonly #problems: string[] = [];

  readonly #fellSilent: (service: string) => boolean;

  constructor(spans: readonly ArrivedSpan[], fellSilent: (service: string) => boolean) {
    this.#spans = spans;
    this.#fellSilent = fellSilent;
    for (const span of spans) {
      if (this.#byId.has(span.spanId)) this.#problems.push(`the span ${textOf(span)} came twice`);
      this.#byId.set(span.spanId, span);
    }
  }

  report(): TraceReport {
    const roots = this.#spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    if (roots.length > 1) this.#problems.push(`${roots.length} roots: ${roots.map(textOf).join(", ")}`);
    const orphans = this.#spans.filter((span) => span.parentSpanId !== undefined && !this.#parentOf(span));
    const detached = orphans.filter(isDetached);
    const isUnanswered = (span: ArrivedSpan): boolean =>
      !isDetached(span) && isForcedRoot(span) && this.#fellSilent(span.service);
    const unanswered = orphans.filter(isUnanswered);
    for (const span of orphans) {
      if (isDetached(span) || isUnanswered(span)) continue;
      const tree = span.attributes["error_tree.text"];
      this.#problems.push(`the parent of ${textOf(span)} is missing${tree === undefined ? "" : `: ${tree}`}`);
    }
    const [root] = roots;
    return {
      traceId: this.#spans[0]?.traceId ?? "",
      fragments: this.#fragments(),
      root,
      completeAt: root === undefined ? undefined : this.#completeAt(root),
      unanswered: unanswered.length,
      detached: detached.length,
      problems: this.#problems,
    };
  }

  #parentOf({ parentSpanId }: ArrivedSpan): ArrivedSpan | undefined {
    return this.#byId.get(parentSpanId ?? "");
  }

  /** The topmost span that the ways up from here lead to. */
  #topOf(span: ArrivedSpan): ArrivedSpan {
    let top = span;
    // Bounded: a cycle would be a fault of its own.
    for (let i = 0; i < this.#spans.length; i++) top = this.#parentOf(top) ?? top;
    return top;
  }

  #completeAt(root: ArrivedSpan): number | undefined {
    const service = root.attributes["error_tree.root_cause.service"];
    if (service === undefined) return undefined;
    const operation = root.attributes["error_tree.root_cause.operation"];
    const causes = this.#spans.filter(
      (span) => span.service === service && span.name === operation && this.#topOf(span) === root,
    );
    if (causes.length === 0) {
      this.#problems.push(`the root cause, ${service} ${operation}, is not beneath the root ${textOf(root)}`);
      return undefined;
    }
    return Math.max(root.arrivedAt, Math.min(...causes.map(({ arrivedAt }) => arrivedAt)));
  }

  #fragments(): ExportedFragment[] {
    const roots = this.#spans.filter(isForcedRoot);
    const above = new Set<ArrivedSpan>();
    for (const root of roots) {
      const call = this.#parentOf(root);
      if (call === undefined || isDetached(root) || isLate(root) || !wasAnswered(call)) continue;
      let caller: ArrivedSpan | undefined = call;
      while (caller !== undefined && !isForcedRoot(caller)) caller = this.#parentOf(caller);
      if (caller !== undefined) above.add(caller);
    }
    return roots.map((root) => ({ root, forced: above.has(root) }));
  }
}

/** The local root of a fragment that was exported although the head sampler said no. */
function isForcedRoot({ attributes }: ArrivedSpan): boolean {
  return attributes["error_tree.forced"] === true;
}

/** Only roots and detached fragments tell what they stand for. */
function isDetached({ attributes, parentSpanId }: ArrivedSpan): boolean {
  return parentSpanId !== undefined && attributes["error_tree.represents"] !== undefined;
}

/** It failed after its head was written. */
function isLate({ attributes }: ArrivedSpan): boolean {
  return attributes["error_tree.late"] === true;
}

/** A response head came back on the call. */
function wasAnswered({ attributes }: ArrivedSpan): boolean {
  return attributes["http.response.status_code"] !== undefined;
}

function textOf({ service, name, spanId }: ArrivedSpan): string {
  return `${service} ${name} (${spanId})`;
}
