// A line of a spool file is what the SDK's serializer writes, and the spans that are read from it are those that were written.
import { createTraceState, type HrTime } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonSerializer } from "../../src/setup/spool.ts";
import { unrecordedSpan, WrittenSpan } from "../../src/spans/written-span.ts";
import { spansOfLine } from "../../src/spool/span-lines.ts";

const serialize = jsonSerializer((line) => expect.unreachable(line)) ?? expect.unreachable("no serializer");

function lineOf(spans: readonly ReadableSpan[]): string {
  return Buffer.from(serialize(spans)).toString();
}

const id = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString("hex"));
const time: fc.Arbitrary<HrTime> = fc.tuple(
  fc.integer({ min: 1, max: 4e9 }),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const one = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.uint8Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    one,
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value")),
  ),
}));
const attributes = fc.dictionary(fc.string({ unit: "binary" }), value) as fc.Arbitrary<never>;
const dropped = fc.nat();
const context = fc.record({
  traceId: id(16),
  spanId: id(8),
  traceFlags: fc.nat(255),
  traceState: fc.constantFrom(undefined, createTraceState("a=1,b=2")),
});

function resourceOf(attributes: never): ReadableSpan["resource"] {
  const resource: ReadableSpan["resource"] = {
    attributes,
    merge: (other) => other ?? resource,
    getRawAttributes: () => [],
  };
  return resource;
}

const span = fc
  .record({
    name: fc.string({ unit: "binary" }),
    kind: fc.nat(4),
    context,
    parent: fc.option(id(8), { nil: undefined }),
    startTime: time,
    endTime: time,
    status: fc.record({ code: fc.nat(2), message: fc.option(fc.string(), { nil: undefined }) }),
    attributes,
    events: fc.array(fc.record({ name: fc.string(), time, attributes, droppedAttributesCount: dropped }), {
      maxLength: 3,
    }),
    links: fc.array(fc.record({ context, attributes, droppedAttributesCount: dropped }), { maxLength: 3 }),
    resource: attributes.map(resourceOf),
    isRemote: fc.boolean(),
  })
  .map(({ parent, links, isRemote, ...known }) => {
    const { traceId } = known.context;
    const parentSpanContext = { traceId, spanId: parent ?? "", traceFlags: 0, isRemote };
    const made = unrecordedSpan({
      ...known,
      ...(parent === undefined ? undefined : { parentSpanContext }),
    } as never);
    made.links = links as never;
    return made;
  });

test("whatever the spans, what is read from a line is written as the same line", () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), (spans) => {
      const line = lineOf(spans);
      expect(line).not.toContain("\n");
      const read = spansOfLine(line) ?? expect.unreachable("a whole line is not read");
      expect(JSON.parse(lineOf(read))).toEqual(JSON.parse(line));
      for (const one of read) expect(one).toBeInstanceOf(WrittenSpan);
    }),
    { numRuns: 50 },
  );
});

test("a part of a line is none", () => {
  const [some] = fc.sample(span, 1);
  const line = lineOf([some as ReadableSpan]);
  for (let end = 1; end < line.length; end += 7) expect(spansOfLine(line.slice(0, end))).toBeUndefined();
});

test("no text is an error", () => {
  const [some] = fc.sample(span, 1);
  const document = JSON.parse(lineOf([some as ReadableSpan]));
  fc.assert(
    fc.property(fc.json(), (text) => {
      spansOfLine(text);
      document.resourceSpans[0].scopeSpans[0].spans[0].attributes = JSON.parse(text);
      spansOfLine(JSON.stringify(document));
    }),
  );
  const key =
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"__proto__","value":{"stringValue":"x"}}]},"scopeSpans":[]}]}';
  expect(spansOfLine(key)).toBeUndefined();
});
