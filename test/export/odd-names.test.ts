// What a program gives a span in place of a text costs a failing request neither its export nor its tree.
import { SpanKind, trace } from "@opentelemetry/api";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan, Span } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { BY_NAME, setUp } from "../support/sdk-setup.ts";

/** Throws if it is made a text. */
const UNSPEAKABLE = {
  toString: (): string => {
    throw new Error("toString");
  },
};
/** Throws whatever is done with it. */
const CLOSED = new Proxy(
  {},
  {
    get: () => {
      throw new Error("get");
    },
  },
);

const NO_TEXTS: readonly (readonly [what: string, text: unknown])[] = [
  ["an error", new Error("x")],
  ["nothing", undefined],
  ["null", null],
  ["a number", 42],
  ["a symbol", Symbol("x")],
  ["an object that throws as a text", UNSPEAKABLE],
  ["an object that always throws", CLOSED],
];

/** The span of one failed request that the program has treated so, as it is exported. */
async function exported(treat: (span: Span) => void, redactSpans: boolean): Promise<ReadableSpan> {
  const { sdk, exporter } = setUp("withErrorTree", { sampler: BY_NAME, processors: [] }, { redactSpans });
  const span = trace.getTracer("shop").startSpan("no", { kind: SpanKind.SERVER }) as Span;
  treat(span);
  span.setStatus({ code: 2 });
  span.end();
  await sdk.shutdown();
  for (const serializer of [JsonTraceSerializer, ProtobufTraceSerializer])
    expect(() => serializer.serializeRequest(exporter.spans)).not.toThrow();
  expect(exporter.spans).toHaveLength(1);
  const [one] = exporter.spans as [ReadableSpan];
  expect(one.attributes["error_tree.verdict"]).toBe("failed");
  return one;
}

for (const redactSpans of [false, true]) {
  const as = redactSpans ? "redacted" : "as it is";
  test.each(NO_TEXTS)(`a span whose name is %s is exported ${as}`, async (_, name) => {
    const { name: told } = await exported((span) => span.updateName(name as never), redactSpans);
    expect(told).toBe(name === 42 ? "42" : "unnamed");
  });

  test.each(NO_TEXTS)(`a span with an event whose name is %s is exported ${as}`, async (_, name) => {
    const { events } = await exported((span) => span.addEvent(name as never).addEvent("b"), redactSpans);
    expect(events.map((event) => event.name)).toEqual([name === 42 ? "42" : "unnamed", "b"]);
  });

  test(`a span with a link to nothing is exported ${as}, with its other links`, async () => {
    const { links } = await exported((span) => {
      for (const context of [undefined, null, span.spanContext()])
        span.addLink({ context: context as never });
    }, redactSpans);
    expect(links).toHaveLength(1);
  });
}
