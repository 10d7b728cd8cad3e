// Receives what a process exports by OTLP in JSON, and says how many failing requests its spans stand for.
import { EventEmitter, once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Traces {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

interface Metrics {
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  }[];
}

interface Metric {
  readonly name: string;
  readonly exponentialHistogram?: { readonly dataPoints: readonly { readonly count: number | string }[] };
}

interface Span {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** Requests that a service has answered, by edge and as a histogram of their durations. */
const SERVED = "error_tree.edge.server.duration";

/** A receiver in this process. */
export class OtlpReceiver {
  readonly spans: Span[] = [];
  /** Requests that the process has counted as answered. */
  served = 0;
  /** Takes everything and answers nothing. */
  isSilent = false;
  isAsked = false;
  /** It answers when this resolves. @default at once */
  held: Promise<unknown> | undefined;
  readonly #server = http.createServer(async (request, response) => {
    this.isAsked = true;
    this.#events.emit("asked");
    if (this.isSilent) return;
    const { resourceSpans = [], resourceMetrics = [] } = (await json(request)) as Traces & Metrics;
    for (const { scopeMetrics } of resourceMetrics) {
      const points = scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ name }) => name === SERVED)
        .flatMap(({ exponentialHistogram }) => exponentialHistogram?.dataPoints ?? []);
      // They are sums since the start.
      this.served = points.reduce((sum, { count }) => sum + Number(count), 0);
    }
    if (request.url === "/v1/traces") {
      for (const { scopeSpans } of resourceSpans) {
        for (const { spans } of scopeSpans) this.spans.push(...spans);
      }
    }
    await this.held;
    response.setHeader("content-type", "application/json").end("{}");
    this.#events.emit("received");
  });

  readonly #events = new EventEmitter();

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Of all failing requests, those that were summed up included. */
  get represented(): number {
    const numbers = this.spans.flatMap(({ attributes }) =>
      attributes
        .filter(({ key }) => key === "error_tree.represents")
        .map(({ value }) => Number(value.intValue)),
    );
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  /** Resolves at the next request. */
  async asked(): Promise<void> {
    await once(this.#events, "asked");
  }

  /** Resolves when so many failing requests are represented. */
  async represents(number: number): Promise<void> {
    while (this.represented < number) await once(this.#events, "received");
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
