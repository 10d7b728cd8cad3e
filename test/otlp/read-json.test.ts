// OTLP JSON of any producer: no value throws, and an object of attributes costs what is read of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readResourceSpans } from "../../src/otlp/read-json.ts";
import { atOnce } from "../../src/otlp/work.ts";
import { READ_ATTRIBUTES, type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";

function read(...spans: readonly object[]): SpanFacts[] {
  const found: SpanFacts[] = [];
  const ids = spans.map((span, i) => ({
    traceId: "a".repeat(32),
    spanId: `${i}`.padStart(16, "b"),
    ...span,
  }));
  const unread = atOnce(
    readResourceSpans({ scopeSpans: [{ spans: ids }] }, { span: (_, facts) => found.push(facts) }),
  );
  expect(unread).toBe(0);
  return found;
}

/** Throws if it is made a text or a number. */
const UNSPEAKABLE = { toString: 1, valueOf: 1 };
const FOREIGN = ["http.status", "status", "outcome", "component", "status.name", "status.code", "grpc.code"];
const NAMES = [...READ_ATTRIBUTES, ...FOREIGN].filter((name) => name !== "error.type");

describe("a value of an attribute", () => {
  test.each<[string, object]>([
    ["an object in place of a text", { stringValue: UNSPEAKABLE }],
    ["an object in place of a truth", { boolValue: UNSPEAKABLE }],
    ["a list that holds an object", { stringValue: [UNSPEAKABLE] }],
    ["a list in a list", { stringValue: [[UNSPEAKABLE]] }],
    ["a list of values of an object", { arrayValue: { values: [{ stringValue: UNSPEAKABLE }] } }],
  ])("that is %s costs the span nothing else", (_, value) => {
    const attributes = NAMES.map((key) => ({ key, value }));
    const events = [
      { name: "exception", attributes: attributes.concat({ key: "exception.message", value }) },
    ];
    const kept = { key: "exception.type", value: { stringValue: "Kept" } };
    const spans = read(
      { attributes: [...attributes, kept], events, kind: 3, status: { code: 2 } },
      { attributes: Object.fromEntries(NAMES.map((key) => [key, Object.values(value)[0]])), kind: 3 },
    );
    expect(spans[0]?.attributes["error.type"]).toBe("Kept");
    expect(() => buildTrees(spans.map(toSpanRecord))).not.toThrow();
  });

  test("may be any JSON", () => {
    const key = fc.constantFrom(...NAMES);
    const values = fc.oneof(
      fc.dictionary(
        fc.constantFrom("stringValue", "intValue", "boolValue", "arrayValue", "value"),
        fc.jsonValue(),
      ),
      fc.jsonValue(),
    );
    const pairs = fc.array(fc.record({ key, value: values }), { maxLength: 12 });
    fc.assert(
      fc.property(pairs, fc.dictionary(key, fc.jsonValue()), fc.nat(5), (list, object, kind) => {
        const status = { code: 2 };
        const events = [{ name: "error", attributes: list }];
        const spans = read(
          { attributes: list, events, kind, status },
          { attributes: object, kind, parentSpanId: "0".padStart(16, "b") },
        );
        buildTrees(spans.map(toSpanRecord));
      }),
    );
  });
});

test("of an object of attributes only the names that count are looked up, however many it has", () => {
  let walks = 0;
  const attributes = new Proxy({ "http.request.method": "GET", other: 1 } as Record<string, unknown>, {
    ownKeys: (target) => {
      walks++;
      return Reflect.ownKeys(target);
    },
  });
  const [span] = read({ attributes });
  expect(span?.attributes).toEqual({ "http.request.method": "GET" });
  expect(walks).toBe(0);
});
