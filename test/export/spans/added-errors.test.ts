// What we add to exported spans is redacted as trees are: an error that the program told us, and how a call broke.
import { SpanKind } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { ForcedExport } from "../../../src/export/forced-export.ts";
import { HealthCounts } from "../../../src/health/counts.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import { createRedactor, type RedactOptions } from "../../../src/tree/redact-node.ts";
import { FakeExchange, KeptSpans, pipelineBench } from "../../support/sdk.ts";

const OPEN = { ...DEFAULTS, maxExportsPerSecond: Number.POSITIVE_INFINITY, exportDelayMs: 0 };
const SECRET = "hunter2";
const MESSAGE = `login of joe@example.com failed, password=${SECRET}`;
const TOLD = "login of [redacted]@example.com failed, password=[redacted]";

class LoginError extends Error {
  override readonly name = "LoginError";
}

/** A request that its program calls failed, and one call in it that was aborted with the same error. */
async function exported(
  options: RedactOptions = {},
  error: Error = new LoginError(MESSAGE),
  calls = 1,
): Promise<readonly ReadableSpan[]> {
  const exporter = new KeptSpans();
  const exports = new ForcedExport(OPEN, new HealthCounts());
  exports.attach(exporter);
  const redact = createRedactor(options, (thrown) => expect.unreachable(String(thrown)));
  const bench = pipelineBench({ redact }, { sink: exports });
  const { span, id, child } = bench.request(new FakeExchange());
  for (let i = 0; i < calls; i++) {
    const call = child(`call ${i}`, SpanKind.CLIENT).span;
    bench.calls.broke(call.spanContext().spanId, error);
    call.end();
  }
  bench.pipeline.program.fail(id, error, undefined);
  span.end();
  await exports.shutdown();
  expect(exporter.spans).toHaveLength(calls + 1);
  return exporter.spans;
}

test("an error that a program names is without secrets on its span, in status and event", async () => {
  for (const { status, events } of await exported()) {
    expect(status).toEqual({ code: 2, message: TOLD });
    expect(events.map(({ name }) => name)).toEqual(["exception"]);
    const { "exception.stacktrace": stack, ...rest } = events[0]?.attributes ?? {};
    expect(rest).toEqual({ "exception.type": "LoginError", "exception.message": TOLD });
    const [title, ...frames] = String(stack).split("\n");
    expect(title).toBe(`LoginError: ${TOLD}`);
    expect(frames.length).toBeGreaterThan(2);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
  }
});

test("without messages it has its type and its frames", async () => {
  for (const span of await exported({ messages: false })) {
    expect(span.status).toEqual({ code: 2 });
    const { "exception.stacktrace": stack, ...rest } = span.events[0]?.attributes ?? {};
    expect(rest).toEqual({ "exception.type": "LoginError" });
    expect(String(stack)).toMatch(/^LoginError\n {4}at /);
    expect(JSON.stringify([span.attributes, span.events])).not.toContain("login of");
  }
});

test("without frames it has no stack trace", async () => {
  for (const { events } of await exported({ frames: false })) {
    expect(events[0]?.attributes).toEqual({ "exception.type": "LoginError", "exception.message": TOLD });
  }
});

test("the program's hook changes it", async () => {
  const redact = (node: { readonly message?: string }) => ({ ...node, message: "changed", frames: [] });
  for (const { status, events } of await exported({ redact: redact as never })) {
    expect(status.message).toBe("changed");
    expect(events[0]?.attributes).toEqual({ "exception.type": "LoginError", "exception.message": "changed" });
  }
});

test("a message of several lines is none of the frames", async () => {
  const error = new LoginError(`no\n    at once, said ${SECRET}\npassword=${SECRET}`);
  for (const span of await exported({ messages: false }, error)) {
    expect(JSON.stringify([span.status, span.attributes, span.events])).not.toContain(SECRET);
  }
});

test("of many long errors those that there is no room for keep their types alone", async () => {
  const long = new LoginError(`${"word ".repeat(1600)}end`);
  const spans = await exported({}, long, 40);
  const told = spans.filter(({ status }) => status.message !== undefined);
  expect(told.length).toBeGreaterThan(2);
  expect(told.length).toBeLessThan(12);
  for (const { events } of spans) expect(events[0]?.attributes?.["exception.type"]).toBe("LoginError");
});

test("its causes are redacted as messages are, and go with them", async () => {
  const error = (): Error => new LoginError("no", { cause: new Error(MESSAGE) });
  for (const { events } of await exported({}, error())) {
    expect(events[0]?.attributes).toMatchObject({ "error_tree.causes": [`Error: ${TOLD}`] });
  }
  for (const { events } of await exported({ messages: false }, error())) {
    expect(events[0]?.attributes).not.toHaveProperty("error_tree.causes");
  }
});
