// The least that asking and answering can cost: what any program has to do so that both sides know that nothing failed.
//
// It guards nothing, judges nobody, keeps no span, and knows no failure but a status. Nobody should use it: the price of ours, which
// does the same and all that is missing here, is compared with it.
import { subscribe } from "node:diagnostics_channel";
import { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace";

/** Not imported: the measured program runs beside other commits, too. */
const HEADER_NAME = "x-error-tree";
const LINE_END = "\r\n";
/** Where the id stands in an ask, and in a `traceparent`. */
const ID_IN_ASK = 'v=1, id="'.length;
const ID_IN_TRACEPARENT = 36;
const ID_LENGTH = 16;

/** What is known of a request while it is in flight. */
interface InFlight {
  open: number;
  hasFailed: boolean;
}

interface Head {
  _header: string;
}

/** Counts the spans of each trace, asks on every call that has a span, and answers every ask with `ok`. */
export class LeastProcessor implements SpanProcessor {
  readonly #requests = new Map<string, InFlight>();
  readonly #calls = new Map<string, InFlight>();

  constructor(service: string) {
    this.#answer(service);
    this.#ask(service);
  }

  onStart(span: Span): void {
    const { traceId, spanId } = span.spanContext();
    const request = this.#requests.get(traceId) ?? { open: 0, hasFailed: false };
    if (request.open++ === 0) this.#requests.set(traceId, request);
    if (span.kind === SpanKind.CLIENT) this.#calls.set(spanId, request);
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    const request = this.#requests.get(traceId);
    if (request === undefined) return;
    if (span.status.code === SpanStatusCode.ERROR) request.hasFailed = true;
    if (span.kind === SpanKind.CLIENT) this.#calls.delete(spanId);
    if (--request.open === 0) this.#requests.delete(traceId);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #answer(service: string): void {
    const ask = Symbol("ask");
    subscribe("http.server.request.start", (message) => {
      const { request } = message as { request: IncomingMessage & { [ask]?: string } };
      const field = takeField(request);
      if (field !== undefined) request[ask] = field;
    });
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: never[]) {
      const result = (writeHead as (...args: unknown[]) => ServerResponse).apply(this, args);
      const field = (this.req as IncomingMessage & { [ask]?: string })[ask];
      if (field !== undefined) addField(this, `ok;id="${field.substr(ID_IN_ASK, ID_LENGTH)}";s="${service}"`);
      return result;
    } as typeof writeHead;
  }

  #ask(service: string): void {
    const calls = this.#calls;
    const prototype = ClientRequest.prototype as unknown as { _implicitHeader(): void };
    const { _implicitHeader } = prototype;
    prototype._implicitHeader = function (this: ClientRequest): void {
      _implicitHeader.call(this);
      const id = idOf(this);
      if (id !== undefined && calls.has(id)) addField(this, `v=1, id="${id}", from="${service}"`);
    } as typeof _implicitHeader;
    subscribe("http.client.response.finish", (message) => {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
      const answer = takeField(response);
      const call = answer === undefined ? undefined : calls.get(idOf(request) ?? "");
      if (call !== undefined && !answer?.startsWith("ok;")) call.hasFailed = true;
    });
  }
}

function idOf(request: ClientRequest): string | undefined {
  const traceparent = request.getHeader("traceparent") as string | undefined;
  return traceparent?.substr(ID_IN_TRACEPARENT, ID_LENGTH);
}

/** Puts a field into a head that node has made. */
function addField(message: unknown, value: string): void {
  const head = message as Head;
  head._header = `${head._header.slice(0, -LINE_END.length)}${HEADER_NAME}: ${value}${LINE_END}${LINE_END}`;
}

/** Takes our field off a message, before node builds `headers` of its fields. */
function takeField(message: IncomingMessage): string | undefined {
  const { rawHeaders } = message;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== HEADER_NAME.length || name.toLowerCase() !== HEADER_NAME) continue;
    const value = rawHeaders[i + 1] as string;
    rawHeaders.splice(i, 2);
    (message as unknown as Record<symbol, number>)[COUNT] = rawHeaders.length;
    return value;
  }
  return undefined;
}

/** Under it node keeps from how many names and values it builds `headers`. */
const COUNT = Object.getOwnPropertySymbols(new IncomingMessage(null as never)).find(
  ({ description }) => description === "kHeadersCount",
) as symbol;
