// The headers of messages, as the clients of brokers give them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { attemptOf } from "../../../src/program/messages/attempt.ts";
import { Carrier } from "../../../src/program/messages/carrier.ts";

const VALUE = "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-00";

class NatsHeaders {
  readonly #values = new Map<string, string[]>();

  set(name: string, ...values: string[]): this {
    this.#values.set(name, values);
    return this;
  }
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? "";
  }
  has(name: string): boolean {
    return this.#values.has(name);
  }
  values(name: string): string[] {
    return this.#values.get(name) ?? [];
  }
  keys(): string[] {
    return [...this.#values.keys()];
  }
  delete(name: string): void {
    this.#values.delete(name);
  }
}

const bytes = Buffer.from(VALUE);

test.each<readonly [client: string, message: unknown]>([
  ["headers as texts", { traceparent: VALUE }],
  ["headers as bytes", { traceparent: bytes }],
  ["a list of one", { traceparent: [bytes] }],
  ["amqplib", { fields: {}, properties: { headers: { traceparent: VALUE } }, content: bytes }],
  ["kafkajs", { key: null, value: bytes, headers: { traceparent: bytes } }],
  ["@platformatic/kafka", { value: bytes, headers: new Map([[Buffer.from("traceparent"), bytes]]) }],
  ["@platformatic/kafka with texts", { headers: new Map([["traceparent", VALUE]]) }],
  ["NATS", { subject: "a", headers: new NatsHeaders().set("traceparent", VALUE) }],
  ["Headers", new Headers({ traceparent: VALUE })],
  ["SQS", { MessageId: "1", MessageAttributes: { traceparent: { DataType: "String", StringValue: VALUE } } }],
  ["SQS in Lambda", { messageId: "1", messageAttributes: { traceparent: { stringValue: VALUE } } }],
  ["BullMQ", { opts: { telemetry: { metadata: JSON.stringify({ traceparent: VALUE }) } }, attemptsMade: 0 }],
])("%s", (_, message) => {
  const carrier = new Carrier(message);
  expect(carrier.get("traceparent")).toBe(VALUE);
  expect(carrier.names()).toContain("traceparent");
  expect(carrier.get("tracestate")).toBeUndefined();
  expect(carrier.get("constructor")).toBeUndefined();
  expect(carrier.take("traceparent")).toBe(VALUE);
});

test("what was taken is not seen by the program any more", () => {
  const lists = [new NatsHeaders().set("x-error-tree", "a"), new Map([[Buffer.from("x-error-tree"), "a"]])];
  for (const headers of [{ "x-error-tree": "a" }, ...lists]) {
    expect(new Carrier({ headers }).take("x-error-tree")).toBe("a");
    expect(new Carrier({ headers }).get("x-error-tree")).toBeUndefined();
  }
  expect(new Carrier(Object.freeze({ "x-error-tree": "a" })).take("x-error-tree")).toBe("a");
});

test("repeated values are a list; numbers, tables and values without end are no texts", () => {
  const long = "a".repeat(16_385);
  const headers = { a: ["1", bytes], b: 7, c: { d: 1 }, e: long, f: Buffer.from(long), g: [1, 2], h: null };
  const carrier = new Carrier({ properties: { headers } });
  expect(carrier.get("a")).toEqual(["1", VALUE]);
  for (const name of ["b", "c", "e", "f", "g"]) expect(carrier.get(name)).toBeNull();
  expect(carrier.get("h")).toBeUndefined();
  expect(new Carrier({ headers: new NatsHeaders().set("x", "1", "2") }).get("x")).toEqual(["1", "2"]);
});

test.each<readonly [what: string, message: unknown, attempt: number | undefined]>([
  ["a classic queue, redelivered", { fields: { redelivered: true }, properties: { headers: {} } }, undefined],
  ["a quorum queue", { properties: { headers: { "x-delivery-count": 2 } } }, 3],
  [
    "a queue for retries",
    {
      properties: {
        headers: {
          "x-death": [
            { queue: "wait", reason: "expired", count: 2 },
            { queue: "work", reason: "rejected", count: 2 },
          ],
        },
      },
    },
    3,
  ],
  ["JetStream", { headers: undefined, info: { deliveryCount: 4 } }, 4],
  ["SQS", { MessageId: "1", Attributes: { ApproximateReceiveCount: "2" } }, 2],
  ["SQS in Lambda", { messageId: "1", attributes: { ApproximateReceiveCount: "2" } }, 2],
  ["BullMQ", { opts: {}, attemptsMade: 1 }, 2],
  ["nonsense", { properties: { headers: { "x-delivery-count": "many", "x-death": [7, { count: -1 }] } } }, 1],
  ["more nonsense", { Attributes: 7, info: "a", attemptsMade: {} }, undefined],
])("the attempt: %s", (_, message, attempt) => {
  expect(attemptOf(message, new Carrier(message))).toBe(attempt);
});

test("no message throws, whatever it is", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("a getter");
      },
      has: () => {
        throw new Error("a trap");
      },
    },
  );
  const look = (message: unknown): void => {
    const carrier = new Carrier(message);
    for (const name of ["traceparent", "x-death", "__proto__"]) carrier.take(name);
    carrier.names();
    attemptOf(message, carrier);
  };
  for (const message of [undefined, null, 7, "a", hostile, { headers: hostile }, { properties: hostile }])
    look(message);
  fc.assert(fc.property(fc.anything({ withMap: true, withTypedArray: true }), look));
  fc.assert(
    fc.property(
      fc.record({ headers: fc.anything({ withMap: true }), info: fc.anything(), opts: fc.anything() }),
      look,
    ),
  );
});
