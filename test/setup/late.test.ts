// What stands for parts of the SDK until the bundle has loaded them.
import { ROOT_CONTEXT, type TextMapPropagator } from "@opentelemetry/api";
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { LateExporter, LatePropagator } from "../../src/setup/late.ts";

const SPANS: ReadableSpan[] = [];

/** A promise, and what resolves it. */
function pending<T>(): { readonly coming: Promise<T>; readonly come: (value: T) => void } {
  let come = (_: T): void => {};
  const coming = new Promise<T>((resolve) => {
    come = resolve;
  });
  return { coming, come };
}

describe("an exporter that comes later", () => {
  test("gets what was exported before", async () => {
    const { coming, come } = pending<InMemorySpanExporter>();
    const late = new LateExporter(coming);
    const done = new Promise((told) => late.export(SPANS, told));
    come(new InMemorySpanExporter());
    expect(await done).toEqual({ code: 0 });
    await late.forceFlush();
    await late.shutdown();
  });

  test.each([
    ["does not come", async () => undefined],
    ["cannot be made", () => Promise.reject(new Error("no certificate"))],
  ])("fails each export if it %s", async (_, coming) => {
    const late = new LateExporter(coming());
    expect(await new Promise((told) => late.export(SPANS, told))).toMatchObject({ code: 1 });
  });
});

describe("a propagator that comes later", () => {
  const KEY = Symbol("read");
  const inner: TextMapPropagator = {
    inject: (_, carrier) => void Reflect.set(carrier as object, "b3", "0"),
    extract: (context) => context.setValue(KEY, true),
    fields: () => ["b3"],
  };

  test("leaves everything as it is until then, and names its fields at once", async () => {
    const { coming, come } = pending<TextMapPropagator>();
    const late = new LatePropagator(["b3"], coming);
    const carrier = {};
    const accessor = { set: () => {}, get: () => undefined, keys: () => [] };
    expect(late.fields()).toEqual(["b3"]);
    late.inject(ROOT_CONTEXT, carrier, accessor);
    expect(carrier).toEqual({});
    expect(late.extract(ROOT_CONTEXT, carrier, accessor)).toBe(ROOT_CONTEXT);
    come(inner);
    await coming;
    late.inject(ROOT_CONTEXT, carrier, accessor);
    expect(carrier).toEqual({ b3: "0" });
    expect(late.extract(ROOT_CONTEXT, carrier, accessor).getValue(KEY)).toBe(true);
  });

  test("changes nothing if it never comes", async () => {
    const coming = Promise.reject(new Error("not in the bundle"));
    const late = new LatePropagator([], coming);
    await coming.catch(() => {});
    const accessor = { set: () => {}, get: () => undefined, keys: () => [] };
    expect(late.extract(ROOT_CONTEXT, {}, accessor)).toBe(ROOT_CONTEXT);
  });
});
