// The SDK as unit tests use it: a tracer without globals, a clock that the test moves, and sinks that keep what they get.
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  type ReadableSpan,
  type Sampler,
  type Span,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Clock } from "../../src/clock.ts";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { EXCHANGE_KEY, type Exchange, type ResponseEnd } from "../../src/exchange.ts";
import type { FinishedFragment } from "../../src/export/finished-fragment.ts";
import type { ExportChoice, FragmentView } from "../../src/export/fragment-view.ts";
import { ExportPolicy, type PolicyOptions } from "../../src/export/policy.ts";
import type { Calls, TrailerReader } from "../../src/fragments/calls.ts";
import { ErrorTreeSpanProcessor, type ExportSide, RecordedForUs } from "../../src/fragments/processor.ts";
import { type Decision, ErrorTreeSampler } from "../../src/fragments/sampler.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import type { FlowCounts } from "../../src/observatory/flow/flow-counts.ts";
import { DEFAULTS } from "../../src/options/options.ts";
import type { Exports } from "../../src/pipeline/decisions.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { PipelineOptions } from "../../src/pipeline/pipeline-parts.ts";
import type { Attributes } from "../../src/spans/span-record.ts";
import type { FailureSink } from "../../src/tree/failed-request.ts";
import type { BuiltTree } from "../../src/tree/redacted-tree.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { GoodTraces } from "../../src/trickle/good-traces.ts";
import type { Answer, Ask } from "../../src/wire/messages.ts";

/** The status of a span that failed. */
export const ERROR = { code: 2, message: "broke" } as const;

/** The ask of the caller that {@link remoteContext} stands for. */
export const ASK: Ask & { readonly id: string } = { id: "b7ad6b7169203331", from: "test", json: false };

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  readonly #tasks = new Set<{ readonly ms: number; readonly task: () => void; due: number }>();
  #now = 0;
  #epoch = 1_700_000_000_000;

  now(): number {
    return this.#epoch + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Sets the wall clock, by so many milliseconds forward or back. No time passes. */
  set(ms: number): void {
    this.#epoch += ms;
  }

  every(ms: number, task: () => void): () => void {
    const entry = { ms, task, due: this.#now + ms };
    this.#tasks.add(entry);
    return () => void this.#tasks.delete(entry);
  }

  after(ms: number, task: () => void): () => void {
    const stop = this.every(ms, () => {
      stop();
      task();
    });
    return stop;
  }

  /** Lets the time pass and runs what is due meanwhile. */
  advance(ms: number): void {
    this.#now += ms;
    for (const entry of this.#tasks) {
      if (entry.due > this.#now) continue;
      entry.due = this.#now + entry.ms;
      entry.task();
    }
  }

  /** How many tasks are still called. */
  get tasks(): number {
    return this.#tasks.size;
  }
}

/** An exporter that keeps what it is given, also beyond its shutdown. */
export class KeptSpans implements SpanExporter {
  readonly batches: ReadableSpan[][] = [];
  shutdowns = 0;

  get spans(): ReadableSpan[] {
    return this.batches.flat();
  }

  export(batch: ReadableSpan[], done: (result: { code: number; error?: Error }) => void): void {
    this.batches.push([...batch]);
    done({ code: 0 });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.shutdowns++;
  }
}

/** Every failing request is exported. */
const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY };

/** A sink that decides as the product does without a limit, and keeps the fragments. */
export class KeptFragments implements Exports {
  readonly accepted: FinishedFragment[] = [];
  /** What was said of jobs that still run. */
  readonly reports: ErrorTree[] = [];

  readonly #policy: ExportPolicy;

  constructor(options: Partial<PolicyOptions> = {}) {
    this.#policy = new ExportPolicy({ ...OPEN, ...options }, new HealthCounts(), SYSTEM_CLOCK);
  }

  decide(view: FragmentView<ReadableSpan>): ExportChoice {
    return this.#policy.decide(view);
  }

  rootAttributes(): Attributes {
    return {};
  }

  countRepresented(): void {}

  progress(_root: ReadableSpan, tree: BuiltTree): boolean {
    this.reports.push(tree.redacted());
    return true;
  }

  sweep(): void {}

  accept(fragment: FinishedFragment): void {
    this.accepted.push(fragment);
  }
}

/** An exchange without a transport. */
export class FakeExchange implements Exchange {
  readonly ask: Ask | undefined;
  fragment: unknown = undefined;
  first: Exchange["first"] = undefined;
  #responseEnd: ResponseEnd = "finished";

  constructor(ask?: Ask) {
    this.ask = ask;
  }

  responseEnd(): ResponseEnd {
    return this.#responseEnd;
  }

  release(): void {}

  closesAs(responseEnd: ResponseEnd): void {
    this.#responseEnd = responseEnd;
  }
}

/** A span on a bench, and the context beneath it. */
interface Work {
  readonly span: Span;
  readonly context: Context;
  readonly id: string;
  /** A span beneath it. */
  child(name: string, kind?: SpanKind): Work;
  /** Ends it with an error. */
  fail(message?: string): void;
}

/** A request on a bench. */
export interface Request extends Work {
  readonly exchange: FakeExchange;
  /** The response head is written; what the answer says. */
  head(status: number): Answer | undefined;
  /** The body has been written; what is said behind it. */
  tail(): Answer | undefined;
}

/** What a test of the pipeline works with. */
export interface Bench<Sink = KeptFragments> {
  readonly clock: ManualClock;
  readonly health: HealthCounts;
  readonly sink: Sink;
  readonly pipeline: Pipeline;
  readonly calls: Calls;
  readonly processor: ErrorTreeSpanProcessor;
  readonly tracer: Tracer;
  /** If they are wanted. */
  readonly goodTraces: GoodTraces | undefined;
  /** A request arrives: without an ask nobody called, with one the service of {@link remoteContext} did. */
  arrives(ask?: Ask): Request;
  /** A server span of a request of its own, in the context that its handler runs in. */
  request(exchange?: Exchange, remoteParent?: Context): Work;
  /** A span beneath. */
  child(parent: Context, name: string, kind?: SpanKind): Work;
}

/** A bench on which one request is the root of all. */
export interface Running extends Bench {
  readonly root: Request;
}

const NO_EXPORTS: ExportSide = { forceFlush: async () => {}, shutdown: async () => {} };

const { redact: _redact, ...BOUNDS } = DEFAULTS;

/** A pipeline behind a real SDK, nothing head-sampled, without globals. */
export function pipelineBench<Sink extends Exports = KeptFragments>(
  options: Partial<PipelineOptions> = {},
  {
    sampler = new AlwaysOffSampler(),
    sink = new KeptFragments() as unknown as Sink,
    readTrailers = () => undefined,
    flow,
    service,
    failures,
    goodTraceIntervalMs,
  }: {
    sampler?: Sampler;
    sink?: Sink;
    readTrailers?: TrailerReader;
    flow?: FlowCounts;
    service?: string;
    failures?: FailureSink;
    goodTraceIntervalMs?: number;
  } = {},
): Bench<Sink> {
  const clock = new ManualClock();
  const health = new HealthCounts();
  const decision: Decision = { recordedForUs: false };
  const goodTraces =
    goodTraceIntervalMs === undefined ? undefined : new GoodTraces(goodTraceIntervalMs, clock, health);
  const pipeline = new Pipeline(
    { ...BOUNDS, ...options },
    { exports: sink, health, clock, readTrailers, flow, goodTraces, ...(failures && { failures }) },
  );
  const processor = new ErrorTreeSpanProcessor({
    sink: pipeline,
    exports: NO_EXPORTS,
    decision,
    recordedForUs: new RecordedForUs(),
    health,
    onShutdown: () => {},
  });
  const provider = new TracerProvider({
    ...(service === undefined
      ? undefined
      : { resource: resourceFromAttributes({ "service.name": service }) }),
    sampler: new ErrorTreeSampler(sampler, decision, health, goodTraces),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer("test");
  const child = (parent: Context, name: string, kind = SpanKind.INTERNAL): Work => {
    const span = tracer.startSpan(name, { kind }, parent) as unknown as Span;
    const within = trace.setSpan(parent, span as never);
    return {
      span,
      context: within,
      id: span.spanContext().spanId,
      child: (...of) => child(within, ...of),
      fail: (message = ERROR.message) => span.setStatus({ code: 2, message }).end(),
    };
  };
  const request = (exchange?: Exchange, remoteParent = ROOT_CONTEXT): Work =>
    child(
      exchange === undefined ? remoteParent : remoteParent.setValue(EXCHANGE_KEY, exchange),
      "GET",
      SpanKind.SERVER,
    );
  return {
    clock,
    health,
    sink,
    pipeline,
    calls: pipeline.calls,
    processor,
    tracer,
    goodTraces,
    arrives(ask) {
      const exchange = new FakeExchange(ask);
      return {
        ...request(exchange, ask && remoteContext()),
        exchange,
        head: (status) => pipeline.answerAtHead(exchange, status),
        tail: () => pipeline.answerAtEnd(exchange),
      };
    },
    request,
    child,
  };
}

/** A context whose span stands in another process. */
export function remoteContext(spanId = "00f067aa0ba902b7", traceFlags = 0): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId,
    traceFlags,
    isRemote: true,
  });
}

/** Takes everything out of the API's globals that an SDK has put there. */
export function disableGlobals(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}

/** The object with some of its functions throwing; everything else is its own. */
export function breaking<T extends object>(target: T, ...names: (keyof T & string)[]): T {
  return new Proxy(target, {
    get(object, name) {
      if (names.includes(name as keyof T & string)) {
        return () => {
          throw new Error(`${String(name)} broke`);
        };
      }
      const value = Reflect.get(object, name);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}
