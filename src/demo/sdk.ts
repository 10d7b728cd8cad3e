// Sets OpenTelemetry up in a service of the demo. The build puts this file into one with all that it imports, because who tries
// the demo has none of it installed.
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createErrorTree, failRequest, optional } from "../index.ts";

export { failRequest, optional };

/** What of the traces that failed is left, counted where a service that is set up like this one would export them. */
interface Left {
  /** Traces that the head sampler has taken. */
  readonly sampled: number;
  /** Traces that were exported, by the head sampler or because they failed. */
  readonly exported: number;
  /** Failed requests for which the exported ones stand. */
  readonly represented: number;
}

/** What a service does with its SDK. */
export interface Sdk {
  /** Names the route of the request that is being handled, as a router does. */
  route(method: string, path: string): void;
  /** Exports everything that waits, and counts. */
  left(): Promise<Left>;
}

const HEAD_SAMPLING = 0.01;

/** Starts the SDK with head sampling at 1 %, by which the services of the demo differ in no way from those of production. */
export function startSdk(serviceName: string): Sdk {
  const tree = createErrorTree({ trust: "loopback" });
  const backend = new Backend();
  const headSampled = new HeadSampled();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    sampler: tree.sampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(HEAD_SAMPLING) })),
    spanProcessors: [tree.spanProcessor(backend), tree.wrap(headSampled)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(tree.propagator(new W3CTraceContextPropagator()));
  trace.setGlobalTracerProvider(provider);
  new HttpInstrumentation().enable();
  // It patches what is loaded from now on.
  process.getBuiltinModule("node:http");
  return {
    route(method, path) {
      const span = trace.getActiveSpan();
      span?.setAttribute("http.route", path);
      span?.updateName(`${method} ${path}`);
    },
    async left() {
      await provider.forceFlush();
      const [sampled, forced] = [headSampled.exported, backend.exported];
      return {
        sampled: sampled.traces.size,
        exported: new Set([...sampled.traces, ...forced.traces]).size,
        represented: sampled.represented + forced.represented,
      };
    },
  };
}

/** What was exported: traces, and for how many failed requests they stand. */
class Exported {
  readonly traces = new Set<string>();
  represented = 0;

  add(span: ReadableSpan): void {
    const { attributes } = span;
    this.represented += Number(attributes["error_tree.represents"] ?? 0);
    if (attributes["error_tree.summary"] !== true) this.traces.add(span.spanContext().traceId);
  }
}

/** In place of a backend: counts what arrives because it failed. */
class Backend implements SpanExporter {
  readonly exported = new Exported();

  export(...[spans, done]: Parameters<SpanExporter["export"]>): void {
    for (const span of spans) this.exported.add(span);
    done({ code: 0 });
  }

  async shutdown(): Promise<void> {}
}

/** In place of the user's own processor: the library shows it the spans alone that the head sampler has taken. */
class HeadSampled implements SpanProcessor {
  readonly exported = new Exported();

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.exported.add(span);
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
