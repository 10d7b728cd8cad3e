// Failing requests of one process, without sockets: spans as instrumentation-http makes them, and answers of callees.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, type Span, TracerProvider } from "@opentelemetry/sdk-trace";
import { SYSTEM_CLOCK } from "../../../src/clock.ts";
import { EXCHANGE_KEY } from "../../../src/exchange.ts";
import { ForcedExport } from "../../../src/export/forced-export.ts";
import { ErrorTreeSpanProcessor, RecordedForUs } from "../../../src/fragments/processor.ts";
import { type Decision, ErrorTreeSampler } from "../../../src/fragments/sampler.ts";
import { HealthCounts } from "../../../src/health/counts.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import { Pipeline } from "../../../src/pipeline/pipeline.ts";
import { createRedactor } from "../../../src/tree/redact-node.ts";
import type { TreeNode } from "../../../src/tree/tree.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import type { Answer, AnswerCodec } from "../../../src/wire/messages.ts";
import { FakeExchange, KeptSpans } from "../../support/sdk.ts";

/** What of a request is the same in all of its kind. */
export interface Shape {
  readonly name: string;
  /** The tree that each callee answers, one call after the other; their number is that of the calls. */
  readonly callees: readonly TreeNode[];
  /** The program throws an error of its own and records it. */
  readonly throws: boolean;
}

/** A request before anything of it has failed. */
export interface OpenRequest {
  readonly exchange: FakeExchange;
  readonly server: Span;
  readonly calls: readonly { readonly span: Span; readonly id: string; readonly value: string }[];
}

const ASK_ID = "00f067aa0ba902b7";
const ROOM = { treeBytes: 1024, minimalBytes: 256 };
const STATUS = 503;

/** A process with everything between the transports and the exporter, none of whose requests is head-sampled. */
export class FailingProcess {
  readonly codec: AnswerCodec = createAnswerCodec();
  readonly #pipeline: Pipeline;
  readonly #tracer: Tracer;
  #requests = 0;

  constructor() {
    const health = new HealthCounts();
    const exports = new ForcedExport(DEFAULTS, health);
    exports.attach(new KeptSpans());
    const redact = createRedactor({}, (error) => health.failed("redact", error));
    const clock = { ...SYSTEM_CLOCK, now: () => Date.now(), monotonic: () => 0, every: () => () => {} };
    this.#pipeline = new Pipeline(
      { ...DEFAULTS, redact },
      { exports, health, clock, readTrailers: () => undefined },
    );
    const decision: Decision = { recordedForUs: false };
    const processor = new ErrorTreeSpanProcessor({
      sink: this.#pipeline,
      exports,
      decision,
      recordedForUs: new RecordedForUs(),
      health,
      onShutdown: () => {},
    });
    const sampler = new ErrorTreeSampler(new AlwaysOffSampler(), decision, health);
    const resource = { attributes: { "service.name": "middle" } } as unknown as Span["resource"];
    this.#tracer = new TracerProvider({ resource, sampler, spanProcessors: [processor] }).getTracer("bench");
  }

  /** A request comes, and makes its calls, which are answered on the wire, but not read yet. */
  open({ callees, throws }: Shape): OpenRequest {
    const exchange = new FakeExchange({ id: ASK_ID, from: "bench", json: false });
    const number = this.#requests++;
    const attributes = { ...SERVER_ATTRIBUTES, "url.path": `/fail/${number % 1000}` };
    const remote = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: number.toString(16).padStart(32, "a"),
      spanId: ASK_ID,
      traceFlags: 0,
      isRemote: true,
    });
    const server = this.#start("GET", SpanKind.SERVER, attributes, remote.setValue(EXCHANGE_KEY, exchange));
    const context = trace.setSpan(remote, server as never);
    const calls = callees.map((root) => {
      const url = `http://127.0.0.1:8080/fail/${number % 1000}`;
      const span = this.#start("GET", SpanKind.CLIENT, { ...CLIENT_ATTRIBUTES, "url.full": url }, context);
      const id = span.spanContext().spanId;
      span.setAttributes(CLIENT_ANSWERED).setStatus({ code: SpanStatusCode.ERROR });
      return { span, id, value: this.#valueOf(root, id) };
    });
    if (throws) {
      server.recordException(thrown(number));
      server.setStatus({ code: SpanStatusCode.ERROR, message: `order ${number % 1000} cannot be priced` });
    }
    return { exchange, server, calls };
  }

  /** The answers of the callees are read, and their spans end. */
  read({ calls }: OpenRequest): void {
    for (const { span, id, value } of calls) {
      const answer = this.codec.decode(value, id, "GET");
      if (typeof answer === "string") throw new Error(`the answer was ${answer}`);
      this.#pipeline.calls.responded(id, STATUS, answer, undefined);
      span.end();
    }
  }

  /** The head is about to be written: what failed, and is it exported? */
  decide({ exchange }: OpenRequest): Answer {
    const answer = this.#pipeline.answerAtHead(exchange, STATUS);
    if (answer === undefined) throw new Error("there is no answer");
    return answer;
  }

  /** The header value. */
  write(answer: Answer, { exchange }: OpenRequest): string {
    const encoded = this.codec.encode(answer, exchange.ask as NonNullable<FakeExchange["ask"]>, ROOM);
    if (encoded === undefined || encoded.minimal) throw new Error("the tree had no room");
    return encoded.value;
  }

  /** The response is over. */
  end({ server }: OpenRequest): void {
    server.setAttributes(SERVER_ANSWERED).setStatus({ code: SpanStatusCode.ERROR });
    server.end();
  }

  #start(name: string, kind: SpanKind, attributes: object, context = ROOT_CONTEXT): Span {
    return this.#tracer.startSpan(
      name,
      { kind, attributes: attributes as never },
      context,
    ) as unknown as Span;
  }

  #valueOf(root: TreeNode, id: string): string {
    const { service, code } = root;
    const answer = { service, code, exported: false, tree: { traceId: "", root, omitted: 0 } };
    return this.codec.encode(answer, { id, json: false }, ROOM)?.value ?? "";
  }
}

const SERVER_ATTRIBUTES = {
  "http.request.method": "GET",
  "url.scheme": "http",
  "server.address": "127.0.0.1",
  "server.port": 3000,
  "network.peer.address": "127.0.0.1",
  "network.peer.port": 50356,
  "network.protocol.version": "1.1",
  "client.address": "127.0.0.1",
  "user_agent.original": "bench",
};
const CLIENT_ATTRIBUTES = {
  "http.request.method": "GET",
  "server.address": "127.0.0.1",
  "server.port": 8080,
};
const SERVER_ANSWERED = { "http.response.status_code": STATUS, "error.type": `${STATUS}` };
const CLIENT_ANSWERED = {
  ...SERVER_ANSWERED,
  "network.peer.address": "127.0.0.1",
  "network.peer.port": 8080,
  "network.protocol.version": "1.1",
};

function thrown(number: number): Error {
  return new RangeError(`no price for order ${number % 1000} in EUR`);
}
