// What came to the OTLP receiver, and when: spans by trace, read from the requests as they arrived.
import { EventEmitter, once } from "node:events";

/** A span in the receiver. */
export interface ArrivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  /** As OTLP numbers them. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

type Attributes = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];

interface SpanInJson {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly attributes?: Attributes;
}

interface ExportInJson {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Attributes };
    readonly scopeSpans?: readonly { readonly spans?: readonly SpanInJson[] }[];
  }[];
}

/** Takes the receiver's requests as they come. */
export class Arrivals {
  readonly #traces = new Map<string, ArrivedSpan[]>();
  readonly #events = new EventEmitter();

  /** All spans of a trace, in the order in which they came. */
  get traces(): ReadonlyMap<string, readonly ArrivedSpan[]> {
    return this.#traces;
  }

  /** Looks again whenever spans have come; resolves as soon as it holds, or with false when the time is over. */
  async until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!holds()) {
      try {
        await once(this.#events, "spans", { signal });
      } catch {
        return holds();
      }
    }
    return true;
  }

  /** One request, as JSON. */
  add(json: string): void {
    const arrivedAt = Date.now();
    for (const { resource, scopeSpans = [] } of (JSON.parse(json) as ExportInJson).resourceSpans ?? []) {
      const service = String(valuesOf(resource?.attributes)["service.name"]);
      for (const { spans = [] } of scopeSpans) for (const span of spans) this.#keep(span, service, arrivedAt);
    }
    this.#events.emit("spans");
  }

  #keep(span: SpanInJson, service: string, arrivedAt: number): void {
    const { traceId, spanId, parentSpanId, name, kind = 0 } = span;
    const attributes = valuesOf(span.attributes);
    const arrived = {
      traceId,
      spanId,
      parentSpanId: parentSpanId || undefined,
      service,
      name,
      kind,
      attributes,
      arrivedAt,
    };
    const spans = this.#traces.get(traceId);
    if (spans === undefined) this.#traces.set(traceId, [arrived]);
    else spans.push(arrived);
  }
}

function valuesOf(attributes: Attributes = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      "intValue" in value ? Number(value.intValue) : Object.values(value)[0],
    ]),
  );
}
