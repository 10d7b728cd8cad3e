// Sends what observers have to count: plain events by token, spans and metrics through a Collector. It knows how much there was.
import { randomBytes } from "node:crypto";
import { Producer } from "@platformatic/kafka";

/** The nodes that every token passes. */
const WAY = ["shop", "cart", "stock"];
const TOKENS_AT_ONCE = 100;

/** How often something went along an edge, by `client -> server`. */
export type Expected = Map<string, number>;

/** All traffic of a run. */
export class Traffic {
  readonly expected: Expected = new Map();
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #otlp: string;
  #tokens = 0;
  /** Of metrics, per instance. */
  readonly #sums = [0, 0, 0];
  readonly #since: number = Date.now();

  constructor(broker: string, topic: string, otlpHttp: string) {
    this.#topic = topic;
    this.#otlp = otlpHttp;
    this.#producer = new Producer({
      clientId: "traffic",
      bootstrapBrokers: [broker],
      ...{ retries: true, retryDelay: 300, idempotent: true, acks: -1 },
    });
  }

  get events(): number {
    return this.#tokens * WAY.length;
  }

  /** Tokens pass all nodes, the events of each in their order; those of several are mixed. */
  async tokens(): Promise<void> {
    const first = this.#tokens;
    for (const [step, node] of WAY.entries()) {
      const time = Date.now();
      const messages = Array.from({ length: TOKENS_AT_ONCE }, (_, i) => {
        const token = `token-${first + i}`;
        return {
          topic: this.#topic,
          key: Buffer.from(token),
          value: Buffer.from(JSON.stringify({ node, token, time })),
        };
      });
      await this.#producer.send({ messages });
      const before = WAY[step - 1];
      if (before !== undefined) this.#expect(`${before} -> ${node}`, TOKENS_AT_ONCE);
    }
    this.#tokens += TOKENS_AT_ONCE;
  }

  /** So many events that nobody can read, and one without a key. */
  async nonsense(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => ({
      topic: this.#topic,
      key: Buffer.from(`${i}`),
      value: Buffer.from("nonsense"),
    }));
    await this.#producer.send({ messages });
    await this.#producer.send({ messages: [{ topic: this.#topic, value: Buffer.from("{}") }] });
  }

  /** Traces of two services that are exported apart from each other, as two processes do. */
  async traces(count: number): Promise<void> {
    const now = Date.now();
    const calls = Array.from({ length: count }, () => ({
      traceId: randomBytes(16).toString("hex"),
      call: randomBytes(8).toString("hex"),
    }));
    const spans = (service: string, one: (call: (typeof calls)[number]) => object): object => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: calls.map((call) => ({
            ...one(call),
            traceId: call.traceId,
            name: "x",
            flags: 0x101,
            startTimeUnixNano: `${now}000000`,
            endTimeUnixNano: `${now + 20}000000`,
          })),
        },
      ],
    });
    const client = spans("front", ({ call }) => ({ spanId: call, kind: 3 }));
    const server = spans("back", ({ call }) => ({
      spanId: randomBytes(8).toString("hex"),
      parentSpanId: call,
      kind: 2,
    }));
    for (const one of [client, server]) await this.#post("traces", { resourceSpans: [one] });
    this.#expect("front -> back", count);
  }

  /** Cumulative counters of three instances of a service. */
  async metrics(): Promise<void> {
    for (const [i, sum] of this.#sums.entries()) {
      const more = sum === 0 ? 0 : 10 + i;
      this.#sums[i] = sum + 10 + i;
      this.#expect("till -> bank", sum === 0 ? 10 + i : more);
      const attributes = [
        { key: "client", value: { stringValue: "till" } },
        { key: "server", value: { stringValue: "bank" } },
        { key: "connection_type", value: { stringValue: "" } },
      ];
      const point = {
        attributes,
        startTimeUnixNano: `${this.#since}000000`,
        timeUnixNano: `${Date.now()}000000`,
        asInt: `${this.#sums[i]}`,
      };
      const metric = {
        name: "traces_service_graph_request_total",
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] },
      };
      const resource = {
        attributes: [
          { key: "service.name", value: { stringValue: "bank" } },
          { key: "service.instance.id", value: { stringValue: `${i}` } },
        ],
      };
      await this.#post("metrics", { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
    }
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }

  #expect(edge: string, count: number): void {
    this.expected.set(edge, (this.expected.get(edge) ?? 0) + count);
  }

  async #post(signal: "traces" | "metrics", body: object): Promise<void> {
    const response = await fetch(`${this.#otlp}/v1/${signal}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the Collector answered ${response.status}: ${await response.text()}`);
  }
}
