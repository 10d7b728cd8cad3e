// OTLP in protobuf: what the SDK's own serializer writes is read as its JSON is, and no bytes do harm.
import type { HrTime } from "@opentelemetry/api";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES, FIXED64, Fields } from "../../src/otlp/fields.ts";
import { isObject, objectsIn } from "../../src/otlp/json-value.ts";
import { readResourceSpans } from "../../src/otlp/read-json.ts";
import { beginsLikeProtobuf, readProtobuf } from "../../src/otlp/read-protobuf.ts";
import { atOnce } from "../../src/otlp/work.ts";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { unrecordedSpan } from "../../src/spans/written-span.ts";

type Found = readonly [traceId: string, span: SpanFacts];

function fromProtobuf(bytes: Uint8Array): Found[] {
  const found: Found[] = [];
  const reading = atOnce(
    readProtobuf(Buffer.from(bytes), { span: (traceId, span) => found.push([traceId, span]) }),
  );
  expect(reading).toEqual({ unread: 0, broken: false });
  return found;
}

function fromJson(bytes: Uint8Array): Found[] {
  const found: Found[] = [];
  const request: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  for (const resourceSpans of objectsIn(isObject(request) ? request.resourceSpans : undefined)) {
    atOnce(readResourceSpans(resourceSpans, { span: (traceId, span) => found.push([traceId, span]) }));
  }
  return found;
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits })
    .filter((id) => !/^0{16}/.test(id));
const time: fc.Arbitrary<HrTime> = fc.tuple(
  fc.integer({ min: 0, max: 4_000_000_000 }),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const value = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const attributes = fc.dictionary(
  fc.constantFrom(
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "error",
    "error.type",
    "server.address",
    "other",
  ),
  value,
);
const span: fc.Arbitrary<ReadableSpan> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parent: fc.option(hex(16), { nil: undefined }),
    name: fc.string({ unit: "grapheme" }),
    kind: fc.integer({ min: 0, max: 4 }),
    startTime: time,
    endTime: time,
    code: fc.integer({ min: 0, max: 2 }),
    message: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
    attributes,
    events: fc.array(fc.record({ name: fc.constantFrom("exception", "error", "log"), time, attributes }), {
      maxLength: 3,
    }),
    service: fc.constantFrom("shop", "payment", ""),
  })
  .map(({ traceId, spanId, parent, code, message, service, ...rest }) =>
    unrecordedSpan({
      ...rest,
      context: { traceId, spanId, traceFlags: 1 },
      ...(parent === undefined
        ? undefined
        : { parentSpanContext: { traceId, spanId: parent, traceFlags: 1 } }),
      status: { code, ...(message === undefined ? undefined : { message }) },
      resource: resourceOf(service),
    }),
  );

/** One object for each service: the serializer groups spans by it. */
const resources = new Map<string, ReadableSpan["resource"]>();

function resourceOf(service: string): ReadableSpan["resource"] {
  const known = resources.get(service) ?? ({ attributes: { "service.name": service } } as never);
  resources.set(service, known);
  return known;
}

describe("what the SDK's serializer writes", () => {
  test("is read from protobuf as it is from JSON", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), (spans) => {
        const binary = ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array;
        const json = JsonTraceSerializer.serializeRequest(spans) as Uint8Array;
        expect(fromProtobuf(binary)).toEqual(fromJson(json));
        if (spans.length > 0) expect(beginsLikeProtobuf(binary)).toBe(true);
      }),
    );
  });

  test("may have its fields in any order, and unknown ones among them", () => {
    fc.assert(
      fc.property(
        fc.array(span, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat()),
        (spans, random) => {
          const binary = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array);
          const next = (): number => random.next().value as number;
          expect(fromProtobuf(shuffled(binary, REQUEST, next)).toSorted(byId)).toEqual(
            fromProtobuf(binary).toSorted(byId),
          );
        },
      ),
    );
  });
});

function byId([, a]: Found, [, b]: Found): number {
  return a.spanId < b.spanId ? -1 : 1;
}

/** Which fields hold messages. Lists whose order counts stay in order: events and attributes. */
interface Shape {
  readonly [field: number]: Shape;
}
const REQUEST: Shape = { 1: { 1: {}, 2: { 1: {}, 2: { 15: {} } } } };

/** The same message, its fields in another order and an unknown one in front. */
function shuffled(bytes: Buffer, shape: Shape, next: () => number): Buffer {
  const fields = new Fields(bytes);
  const parts: { readonly number: number; readonly bytes: Buffer; readonly rank: number }[] = [];
  const ranks = new Map<number, number>();
  let from = 0;
  while (fields.next()) {
    const { number, type, to } = fields;
    const inner = shape[number];
    const end =
      type === BYTES || type === FIXED64 || type === 5 ? to : endOfVarint(bytes, endOfVarint(bytes, from));
    const whole = bytes.subarray(from, end);
    const part =
      inner === undefined ? whole : field(number, shuffled(bytes.subarray(fields.from, to), inner, next));
    const rank = ranks.get(number) ?? next();
    ranks.set(number, rank);
    parts.push({ number, bytes: part, rank });
    from = end;
  }
  const unknown = field(99, Buffer.from("of a later version"));
  return Buffer.concat([unknown, ...parts.toSorted((a, b) => a.rank - b.rank).map((part) => part.bytes)]);
}

function endOfVarint(bytes: Buffer, from: number): number {
  let at = from;
  while ((bytes[at] as number) >= 0x80) at++;
  return at + 1;
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** True if nothing tells that a request was cut off there: what is left is a whole one. */
function isBetweenResources(request: Buffer, at: number): boolean {
  const fields = new Fields(request);
  while (fields.next()) if (fields.to === at) return true;
  return false;
}

describe("bytes of any kind", () => {
  test("do not throw, and never give more spans than they have bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        let spans = 0;
        atOnce(readProtobuf(Buffer.from(bytes), { span: () => spans++ }));
        expect(spans).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("that were cut off or changed give the spans that are whole, and say that something is missing", () => {
    fc.assert(
      fc.property(
        fc.array(span, { minLength: 2, maxLength: 4 }),
        fc.double({ min: 0.3, max: 0.99, noNaN: true }),
        (spans, part) => {
          const binary = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array);
          const known = new Set(fromProtobuf(binary).map(([, { spanId }]) => spanId));
          const cut = binary.subarray(0, Math.floor(binary.length * part));
          fc.pre(!isBetweenResources(binary, cut.length));
          const found: string[] = [];
          const { unread, broken } = atOnce(
            readProtobuf(cut, { span: (_, { spanId }) => found.push(spanId) }),
          );
          expect(broken || unread > 0).toBe(true);
          for (const spanId of found) expect(known.has(spanId)).toBe(true);
        },
      ),
    );
  });

  test("that are text with a line feed in front are no protobuf", () => {
    for (const text of ["\n", "\n{", '\n{"a":1}', "\n\n\n", "\n  text", "\n\r\n{", "\nx-error-tree: ok"]) {
      expect(beginsLikeProtobuf(Buffer.from(text)), JSON.stringify(text)).toBe(false);
    }
  });
});

test("times are exact to the microsecond", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 62n }), (nanos) => {
      const bytes = Buffer.alloc(9);
      bytes[0] = 7 * 8 + FIXED64;
      bytes.writeBigUInt64LE(nanos, 1);
      const fields = new Fields(bytes);
      fields.next();
      expect(fields.microseconds()).toBe(Number(nanos / 1000n));
    }),
  );
});
