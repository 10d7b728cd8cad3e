// The embedded OTLP/HTTP receiver: takes JSON at /v1/traces and keeps the newest spans in memory.
import { EventEmitter, once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import type { Backend, ExportedSpan } from "./backend.ts";
import { LabError } from "./lab-error.ts";

/** The part of an OTLP span that the lab looks at. */
export interface ReceivedSpan extends ExportedSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** OTLP number: 2 server, 3 client. */
  readonly kind?: number;
  readonly attributes?: readonly { readonly key: string; readonly value: unknown }[];
}

interface ExportRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly Omit<ReceivedSpan, "service">[] }[];
  }[];
}

/** Where the receiver listens and how much it keeps. */
export interface ReceiverOptions {
  readonly host?: string;
  /** @default 0, any free port */
  readonly port?: number;
  /** Told every request, as JSON without line breaks. */
  readonly onRequest?: ((json: string) => void) | undefined;
  /** The oldest traces go when there are more spans than this. @default 100_000 */
  readonly maxSpans?: number;
}

/** Starts a receiver; throws a {@link LabError} where the port is taken. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { host = "127.0.0.1", port = 0 } = options;
  const receiver = new Receiver(options);
  await receiver.listen(port, host);
  return receiver;
}

/** A server that speaks OTLP/HTTP with JSON, and what it received. */
export class Receiver implements Backend {
  readonly protocol = "http/json";
  readonly #traces = new Map<string, ReceivedSpan[]>();
  readonly #maxSpans: number;
  readonly #onRequest: ReceiverOptions["onRequest"];
  readonly #arrivals = new EventEmitter();
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  #spanCount = 0;

  constructor({ maxSpans = 100_000, onRequest }: ReceiverOptions) {
    this.#maxSpans = maxSpans;
    this.#onRequest = onRequest;
    this.#arrivals.setMaxListeners(0);
  }

  /** Base URL, as `OTEL_EXPORTER_OTLP_ENDPOINT` wants it. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get addresses(): Readonly<Record<string, string>> {
    return { receiver: `${this.url}/v1/traces` };
  }

  /** Spans that are kept at this moment. */
  get spanCount(): number {
    return this.#spanCount;
  }

  /** The spans of one trace, in the order in which they came. */
  spansOf(traceId: string): readonly ReceivedSpan[] {
    return this.#traces.get(traceId) ?? [];
  }

  /** Resolves as soon as a trace has so many spans, and with what there is after `timeoutMs`. */
  async waitForSpans(traceId: string, count: number, timeoutMs: number): Promise<readonly ReceivedSpan[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (this.spansOf(traceId).length < count) {
      try {
        await once(this.#arrivals, "spans", { signal });
      } catch {
        break;
      }
    }
    return this.spansOf(traceId);
  }

  async listen(port: number, host: string): Promise<void> {
    try {
      await once(this.#server.listen(port, host), "listening");
    } catch (error) {
      throw new LabError(`the receiver cannot listen on ${host}:${port}: ${(error as Error).message}`);
    }
  }

  /** Stops listening; what was received stays readable. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [status, body] = await this.#receive(request);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }

  async #receive(request: http.IncomingMessage): Promise<[status: number, body: object]> {
    if (request.method !== "POST" || request.url !== "/v1/traces") {
      return [404, { message: "this receiver takes POST /v1/traces" }];
    }
    if (!request.headers["content-type"]?.startsWith("application/json")) {
      return [415, { message: "this receiver takes JSON: OTEL_EXPORTER_OTLP_PROTOCOL=http/json" }];
    }
    try {
      const gzip = request.headers["content-encoding"] === "gzip";
      const bytes = await buffer(gzip ? request.pipe(createGunzip()) : request);
      const body = JSON.parse(bytes.toString()) as ExportRequest;
      this.#onRequest?.(JSON.stringify(body));
      this.#keep(body);
      return [200, {}];
    } catch (error) {
      return [400, { message: (error as Error).message }];
    }
  }

  #keep({ resourceSpans = [] }: ExportRequest): void {
    for (const { resource, scopeSpans = [] } of resourceSpans) {
      const name = resource?.attributes?.find(({ key }) => key === "service.name");
      const service = name?.value.stringValue ?? "unknown";
      for (const { spans = [] } of scopeSpans) for (const span of spans) this.#keepSpan({ ...span, service });
    }
    this.#forgetOldest();
    this.#arrivals.emit("spans");
  }

  #keepSpan(span: ReceivedSpan): void {
    const spans = this.#traces.get(span.traceId);
    if (spans === undefined) this.#traces.set(span.traceId, [span]);
    else spans.push(span);
    this.#spanCount++;
  }

  #forgetOldest(): void {
    for (const [traceId, spans] of this.#traces) {
      if (this.#spanCount <= this.#maxSpans) return;
      this.#traces.delete(traceId);
      this.#spanCount -= spans.length;
    }
  }
}
