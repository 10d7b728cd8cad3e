// Handlers of messages: what is exported when one fails, and what the program sees of it.
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { SYSTEM_CLOCK } from "../../../src/clock.ts";
import { consume } from "../../../src/program/messages/consume.ts";
import { replyHeaders, request } from "../../../src/program/messages/request.ts";
import { KeyRing } from "../../../src/trust/key-ring.ts";
import type { KeptSpans } from "../../support/sdk.ts";
import { startParts } from "../../support/sdk-parts.ts";
import { setUp } from "../../support/sdk-setup.ts";
import { trusting } from "../../support/trust.ts";

const SECRET = "k1:0123456789abcdef0123456789abcdef";
const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const PRODUCER_ID = "eee19b7ec3c1b174";
const SENT = { traceparent: `00-${TRACE_ID}-${PRODUCER_ID}-00` };

class NoSuchCustomer extends Error {
  override readonly name = "NoSuchCustomer";
}

function start(options = {}): { exporter: KeptSpans; exported: () => Promise<readonly ReadableSpan[]> } {
  const { sdk, exporter } = setUp("withErrorTree", { sampler: new AlwaysOffSampler() }, options);
  return {
    exporter,
    exported: async () => {
      await sdk.shutdown();
      return exporter.spans;
    },
  };
}

function fails(): never {
  throw new NoSuchCustomer("no customer 42");
}

test("what a handler throws is thrown as it is, and exported in the trace of the producer", async () => {
  const { exported } = start();
  const error = new NoSuchCustomer("no customer 42");
  const headers = { ...SENT, "x-delivery-count": 2 };
  expect(() =>
    consume("process invoices", { properties: { headers } }, () => {
      throw error;
    }),
  ).toThrow(error);
  await expect(consume("process invoices", SENT, () => Promise.reject(error))).rejects.toBe(error);
  const [thrown, rejected] = await exported();
  for (const span of [thrown, rejected]) {
    expect(span).toMatchObject({
      name: "process invoices",
      kind: SpanKind.CONSUMER,
      parentSpanContext: { spanId: PRODUCER_ID },
      status: { message: "no customer 42" },
    });
    expect(span?.spanContext().traceId).toBe(TRACE_ID);
    expect(span?.events[0]?.attributes).toMatchObject({ "exception.type": "NoSuchCustomer" });
  }
  expect(thrown?.attributes["error_tree.attempt"]).toBe(3);
  expect(rejected?.attributes["error_tree.attempt"]).toBeUndefined();
});

test("what a handler returns is returned as it is, and nothing is exported", async () => {
  const { exported } = start();
  expect(consume("process invoices", SENT, () => 7)).toBe(7);
  await expect(consume("process invoices", undefined, async () => 8)).resolves.toBe(8);
  expect(await exported()).toEqual([]);
});

test("what can be awaited runs once, in the message's context, and its failure is told", async () => {
  const { exported } = start();
  let runs = 0;
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: queries of knex and mongoose are such objects
    then(_: unknown, fail: (error: Error) => void): void {
      runs++;
      expect(trace.getSpanContext(context.active())?.traceId).toBe(TRACE_ID);
      fail(new NoSuchCustomer("no customer 42"));
    },
  };
  await expect(consume("process invoices", SENT, () => query)).rejects.toThrow("no customer 42");
  expect(runs).toBe(1);
  expect((await exported()).map(({ name }) => name)).toEqual(["process invoices"]);
});

test("a value that throws when it is looked at is returned as it is", async () => {
  const { exported } = start();
  // biome-ignore lint/suspicious/noThenProperty: what is tested is that it throws
  const odd = Object.defineProperty({}, "then", {
    get(): never {
      throw new Error("not for you");
    },
  });
  expect(consume("process invoices", SENT, () => odd)).toBe(odd);
  expect(await exported()).toEqual([]);
});

test("an active CONSUMER span of the message is used, whether it is a child of the producer's or linked to it", async () => {
  const { exported } = start();
  const tracer = trace.getTracer("instrumentation");
  const producer = propagation.extract(context.active(), SENT);
  const link = { context: trace.getSpanContext(producer) as never };
  const child = tracer.startSpan("child", { kind: SpanKind.CONSUMER }, producer);
  const linked = tracer.startSpan("linked", { kind: SpanKind.CONSUMER, links: [link] });
  for (const span of [child, linked]) {
    context.with(trace.setSpan(context.active(), span), () => {
      expect(() => consume("process invoices", SENT, fails)).toThrow("no customer 42");
    });
    // As amqplib's instrumentation does when the message is rejected.
    span.setStatus({ code: 2, message: "nack called on message without requeue" }).end();
  }
  const spans = await exported();
  expect(spans.map(({ name }) => name)).toEqual(["child", "linked"]);
  for (const { attributes } of spans) {
    expect(attributes["error_tree.text"]).toMatch(/NoSuchCustomer: no customer 42/);
    expect(attributes["error_tree.text"]).not.toMatch(/nack/);
  }
});

test("a span that ended because the broker has gone is not the last word: the handler's failure has one of its own", async () => {
  const { exported } = start();
  const producer = propagation.extract(context.active(), SENT);
  const span = trace.getTracer("instrumentation").startSpan("stock", { kind: SpanKind.CONSUMER }, producer);
  const work = (): never => {
    span.setStatus({ code: 2, message: "channel closed" }).end();
    return fails();
  };
  context.with(trace.setSpan(context.active(), span), () => {
    expect(() => consume("process invoices", SENT, work)).toThrow("no customer 42");
  });
  const [stock, own] = await exported();
  expect(stock?.attributes["error_tree.text"]).toMatch(/: channel closed/);
  expect(own?.attributes["error_tree.text"]).toMatch(/NoSuchCustomer: no customer 42/);
  expect(own?.links[0]?.context.spanId).toBe(span.spanContext().spanId);
});

test.each([undefined, null])(
  "an active CONSUMER span with a link to nothing (%s) changes nothing",
  async (to) => {
    const { exported } = start();
    const span = trace
      .getTracer("instrumentation")
      .startSpan("batch", { kind: SpanKind.CONSUMER, links: [{ context: to as never }] });
    context.with(trace.setSpan(context.active(), span), () => {
      expect(() => consume("process invoices", SENT, fails)).toThrow("no customer 42");
    });
    span.end();
    const [own] = await exported();
    expect(own).toMatchObject({ name: "process invoices", parentSpanContext: { spanId: PRODUCER_ID } });
    expect(own?.attributes["error_tree.text"]).toMatch(/NoSuchCustomer: no customer 42/);
  },
);

test("a span that its instrumentation never ends is exported as it is a while after the handler has failed", async () => {
  const parts = startParts();
  const producer = propagation.extract(context.active(), SENT);
  const span = trace.getTracer("instrumentation").startSpan("stock", { kind: SpanKind.CONSUMER }, producer);
  context.with(trace.setSpan(context.active(), span), () => {
    expect(() => consume("process invoices", SENT, fails)).toThrow("no customer 42");
  });
  parts.pipeline.flush();
  await parts.sdk.shutdown();
  const [exported] = parts.exporter.spans;
  expect(exported?.attributes).toMatchObject({ "error_tree.unended": true });
  expect(exported?.attributes["error_tree.text"]).toMatch(/NoSuchCustomer: no customer 42/);
});

test("a message that is tried a thousand times is of one kind: the limit holds, and every attempt is counted", async () => {
  const { exported } = start({ maxExportsPerSecond: 5 });
  for (let attempt = 1; attempt <= 1_000; attempt++) {
    const message = { Attributes: { ApproximateReceiveCount: `${attempt}` }, MessageAttributes: SENT };
    const work = (): never => {
      throw new NoSuchCustomer(`no customer 42, attempt ${attempt}`);
    };
    expect(() => consume("process invoices", message, work)).toThrow("no customer 42");
  }
  const spans = await exported();
  const stoodFor = spans.map(({ attributes }) => Number(attributes["error_tree.represents"] ?? 0));
  expect(spans.length).toBeLessThan(30);
  expect(stoodFor.reduce((sum, count) => sum + count, 0)).toBe(1_000);
});

test("a message in the handler of another one has a span of its own", async () => {
  const { exported } = start();
  const batch = trace.getTracer("instrumentation").startSpan("poll", { kind: SpanKind.CLIENT });
  context.with(trace.setSpan(context.active(), batch), () => {
    const work = (): unknown => consume("inner", { traceparent: SENT.traceparent }, fails);
    expect(() => consume("outer", SENT, work)).toThrow("no customer 42");
  });
  batch.end();
  const spans = await exported();
  expect(spans.map(({ name }) => name)).toEqual(["inner", "outer"]);
  expect(spans[1]?.links[0]?.context.spanId).toBe(batch.spanContext().spanId);
});

test("without a set-up the handler runs, and no more", async () => {
  expect(consume("process invoices", SENT, () => 7)).toBe(7);
  expect(() => consume("process invoices", SENT, fails)).toThrow("no customer 42");
  expect(await request("request prices", async (headers) => headers)).toEqual({});
  expect(replyHeaders(new Error("no prices"))).toEqual({});
});

/** A request through a queue in one process: the consumer fails with what `handler` throws. */
async function ask(
  handler: () => unknown,
  change: (headers: Record<string, unknown>) => Record<string, unknown> = (headers) => headers,
): Promise<Record<string, string>> {
  return await request("request prices", async (headers) => {
    let reply: Record<string, string> = {};
    const work = async (): Promise<void> => {
      try {
        await handler();
        reply = replyHeaders();
      } catch (error) {
        reply = replyHeaders(error);
      }
    };
    await consume("process prices", change(headers), work);
    return reply;
  });
}

test("the tree of a consumer that replies stands beneath the span of the request", async () => {
  const { exported } = start({ secret: SECRET });
  const entry = trace.getTracer("test").startSpan("GET /prices", { kind: SpanKind.SERVER });
  await context.with(trace.setSpan(context.active(), entry), () => ask(fails));
  entry.setStatus({ code: 2 }).end();
  const spans = await exported();
  const [server] = spans.filter(({ name }) => name === "process prices");
  const [client] = spans.filter(({ name }) => name === "request prices");
  expect(server).toMatchObject({ kind: SpanKind.SERVER });
  expect(server?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
  const root = spans.find(({ name }) => name === "GET /prices");
  const [own, callee] = String(root?.attributes["error_tree.text"]).split("\n");
  expect(own).toBe("failed: shop GET /prices failed");
  expect(callee).toBe("└─ shop process prices failed: NoSuchCustomer: no customer 42  <- root cause");
});

test("a request that is answered well adds nothing", async () => {
  const { exported } = start({ secret: SECRET });
  expect(await ask(() => 7)).toEqual({});
  expect(await exported()).toEqual([]);
});

test("without a secret nobody asks", async () => {
  const { exported } = start();
  const seen: string[] = [];
  await ask(fails, (headers) => {
    seen.push(...Object.keys(headers));
    return headers;
  });
  expect(seen).toEqual(["traceparent"]);
  const spans = await exported();
  expect(spans.map(({ name, kind }) => [name, kind])).toEqual([["process prices", SpanKind.CONSUMER]]);
});

test.each<readonly [what: string, ask: unknown, count: string]>([
  ["no ask", "what is this", "asks_malformed"],
  ["a number", 7, "asks_malformed"],
  ["bytes", Buffer.from([0, 200, 255]), "asks_malformed"],
  ["too long", `v=1, id="${PRODUCER_ID}", from="${"a".repeat(1_000)}"`, "asks_malformed"],
  ["without end", "a".repeat(100_000), "asks_malformed"],
  ["repeated", [`v=1, id="${PRODUCER_ID}"`, `v=1, id="${PRODUCER_ID}"`], "asks_malformed"],
  ["without a token", `v=1, id="${PRODUCER_ID}", from="a"`, "asks_refused"],
  ["with a wrong token", `v=1, id="${PRODUCER_ID}", k="k1:${"A".repeat(22)}"`, "asks_refused"],
])(
  "an ask that does not count is counted, and the message is one like any other: %s",
  async (_, ask, count) => {
    const keys = new KeyRing([{ keyId: "k1", secret: "0123456789abcdef0123456789abcdef" }], SYSTEM_CLOCK);
    const parts = startParts({ keys, trust: trusting("loopback", [], keys) });
    const headers: Record<string, unknown> = { ...SENT, "x-error-tree": ask };
    const handler = (): never => {
      expect(replyHeaders()).toEqual({});
      expect(headers).toEqual(SENT);
      return fails();
    };
    expect(() => consume("process invoices", headers, handler)).toThrow("no customer 42");
    await parts.sdk.shutdown();
    expect(parts.health.all()).toMatchObject({ [count]: 1 });
    expect(parts.exporter.spans.map(({ kind }) => kind)).toEqual([SpanKind.CONSUMER]);
  },
);

test("a reply to a request that asked nothing is not believed, whatever it says: it stays as it came", async () => {
  const parts = startParts();
  const entry = trace.getTracer("test").startSpan("GET /prices", { kind: SpanKind.SERVER });
  await context.with(trace.setSpan(context.active(), entry), async () => {
    const reply = await request("request prices", async ({ traceparent }) => {
      const [, , id] = String(traceparent).split("-");
      return { "x-error-tree": `internal;id="${id}";s="stranger";e` };
    });
    expect(reply["x-error-tree"]).toContain("stranger");
  });
  entry.setStatus({ code: 2 }).end();
  await parts.sdk.shutdown();
  const root = parts.exporter.spans.find(({ name }) => name === "GET /prices");
  expect(root?.attributes["error_tree.text"]).toMatch(/GET \/prices failed/);
  expect(root?.attributes["error_tree.text"]).not.toMatch(/stranger|request prices/);
  expect(parts.exporter.spans.find(({ name }) => name === "request prices")?.status.code).toBe(0);
  expect(parts.health.activity.answers_read).toBe(0);
});

test("an answer that does not count is counted, and the reply is the program's", async () => {
  const keys = new KeyRing([{ keyId: "k1", secret: "0123456789abcdef0123456789abcdef" }], SYSTEM_CLOCK);
  const parts = startParts({ keys });
  for (const answer of [7, "what is this", ["a", "b"], `ok;id="${PRODUCER_ID}";s="a"`]) {
    const reply = { body: "prices", headers: { "x-error-tree": answer } };
    expect(await request("request prices", async () => reply)).toBe(reply);
    expect(reply.headers).toEqual({});
  }
  expect(parts.health.all()).toMatchObject({ answers_malformed: 3, answers_foreign: 1 });
});

test("a request without a reply rejects as it is, and its call has no answer", async () => {
  const { exported } = start({ secret: SECRET });
  const error = Object.assign(new Error("timeout"), { name: "TimeoutError" });
  const entry = trace.getTracer("test").startSpan("GET /prices", { kind: SpanKind.SERVER });
  const asked = context.with(trace.setSpan(context.active(), entry), () =>
    request("request prices", () => Promise.reject(error)),
  );
  await expect(asked).rejects.toBe(error);
  entry.setStatus({ code: 2 }).end();
  const root = (await exported()).find(({ name }) => name === "GET /prices");
  expect(root?.attributes["error_tree.text"]).toMatch(
    /shop request prices deadline-exceeded: TimeoutError: timeout {2}\[no response\]/,
  );
});
