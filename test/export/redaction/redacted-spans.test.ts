// With `redactSpans` all that is exported of a failed request is redacted, and nothing else is changed.
import { type Attributes, type Link, SpanKind, trace } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SpanRedaction } from "../../../src/export/redaction/span-redaction.ts";
import { unrecordedSpan } from "../../../src/spans/written-span.ts";
import { BY_NAME, setUp } from "../../support/sdk-setup.ts";

const SECRET = "hunter2";
const URL_WITH_USER = `https://joe:${SECRET}@db.example.com/x`;
const MARK = "error_tree.redacted";

type Resource = ReadableSpan["resource"];

function resourceOf(attributes: Attributes): Resource {
  const resource: Resource = {
    attributes,
    merge: (other) => other ?? resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

const RESOURCE = resourceOf({
  "service.name": "shop",
  "process.command_args": ["app", "--password", SECRET],
});

function spanWith(attributes: Attributes, rest: Partial<ReadableSpan> = {}): ReadableSpan {
  return unrecordedSpan({
    name: "GET /",
    kind: SpanKind.SERVER,
    context: { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 },
    startTime: [1, 0],
    endTime: [2, 0],
    status: { code: 2 },
    resource: RESOURCE,
    ...rest,
    attributes,
  });
}

/** The attributes as they are exported. */
function redacted(attributes: object, said = { messages: true, frames: true }): Attributes {
  const redaction = new SpanRedaction(said, () => expect.unreachable("a text was cut"));
  return redaction.within((redact) => redact(spanWith(attributes as Attributes))).attributes;
}

/** An exporter of the program's own: what it sees when a span ends, and what the span is like later. */
class SeenSpans implements SpanProcessor {
  readonly #spans: ReadableSpan[] = [];
  readonly texts: string[] = [];
  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    this.#spans.push(span);
    this.texts.push(textOf(span));
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  get later(): string[] {
    return this.#spans.map(textOf);
  }
}

function textOf({ name, attributes, events, links, status, resource }: ReadableSpan): string {
  return JSON.stringify([name, attributes, events, links, status, resource.attributes]);
}

describe("spans of failed requests", () => {
  /** One failed request of each kind: not recorded, only recorded, and head-sampled. */
  async function failing(redactSpans: boolean): Promise<{ exported: ReadableSpan[]; seen: SeenSpans }> {
    const seen = new SeenSpans();
    const { sdk, exporter } = setUp(
      "withErrorTree",
      { sampler: BY_NAME, processors: [seen] },
      { redactSpans },
    );
    const tracer = trace.getTracer("shop");
    const link: Link = { context: { traceId: "3".repeat(32), spanId: "4".repeat(16), traceFlags: 0 } };
    for (const name of ["no", "rec", "yes"]) {
      const span = tracer.startSpan(`${name} ${URL_WITH_USER}`, {
        kind: SpanKind.SERVER,
        attributes: { "http.request.header.authorization": [`Bearer ${SECRET}`] },
        links: [{ ...link, attributes: { said: `password=${SECRET}` } }],
      });
      span.addEvent(`token=${SECRET}`, { "db.query.parameter.0": SECRET, [`at ${URL_WITH_USER}`]: 1 });
      span.recordException(new Error(`password=${SECRET}`));
      span.setStatus({ code: 2, message: `password=${SECRET}` });
      span.end();
    }
    await sdk.shutdown();
    return { exported: exporter.spans, seen };
  }

  test("tell no secret anywhere, and every processor of the program sees them as they were", async () => {
    const { exported, seen } = await failing(true);
    expect(exported.map(({ name }) => name).toSorted()).toEqual([
      "no https://[redacted]@db.example.com/x",
      "rec https://[redacted]@db.example.com/x",
    ]);
    for (const span of exported) {
      expect(textOf(span)).not.toContain(SECRET);
      expect(span.events[1]?.attributes?.["exception.stacktrace"]).toMatch(
        /^Error: password=\[redacted\]\n {4}at /,
      );
    }
    expect(seen.texts).toHaveLength(2);
    expect(seen.later).toEqual(seen.texts);
    for (const text of seen.texts) expect(text.split(SECRET).length).toBeGreaterThan(8);
  });

  test("are marked on a resource of their own, and no other span is", async () => {
    const { exported, seen } = await failing(true);
    const [first, second] = exported;
    expect(first?.resource.attributes).toMatchObject({ "service.name": "shop", [MARK]: true });
    expect(second?.resource).toBe(first?.resource);
    for (const text of seen.texts) expect(text).not.toContain(MARK);
    for (const { attributes } of exported) expect(attributes).not.toHaveProperty(MARK);
  });

  test("are neither redacted nor marked by default", async () => {
    const { exported } = await failing(false);
    for (const span of exported) {
      expect(textOf(span)).toContain(URL_WITH_USER);
      expect(textOf(span)).not.toContain(MARK);
    }
  });
});

describe("an attribute", () => {
  test.each<[string, unknown, unknown]>([
    ["user.password", "x y", "[redacted]"],
    ["app.otp", 123456, "[redacted]"],
    ["http.request.header.x-api-key", ["a", "b"], "[redacted]"],
    ["http.request.header.cookie", ["sid=1"], "[redacted]"],
    ["http.response.header.set-cookie", "sid=1", "[redacted]"],
    ["app.auth_token", "abc", "[redacted]"],
    ["gen_ai.last_token", 17, 17],
    ["app.has_secret", true, true],
    ["app.secret", false, false],
    ["app.secret", "", ""],
    ["error_tree.code", "not-found", "not-found"],
    ["messaging.kafka.message.key", "order-17", "order-17"],
    ["url.query", "page=2&sig=abcdef", "page=2&sig=[redacted]"],
    ["url.full", `http://h/x?code=${SECRET}`, "http://h/x?code=[redacted]"],
    ["db.query.parameter.name", "bob", "[redacted]"],
    ["graphql.variables.id", 17, "[redacted]"],
    ["http.response.status_code", 500, 500],
    ["app.price", 12.5, 12.5],
    ["app.list", ["a", `password=${SECRET}`], ["a", "password=[redacted]"]],
    [
      "process.command_args",
      ["x", "--token-secret", SECRET, "y"],
      ["x", "--token-secret", "[redacted]", "y"],
    ],
    [
      "app.map",
      { a: { password: "b c" }, list: [`token=${SECRET}`] },
      { a: { password: "[redacted]" }, list: ["token=[redacted]"] },
    ],
    ["app.bytes", new Uint8Array([104, 105]), "[redacted]"],
    ["@jaeger@warnings", ["one", "two"], ["one", "two"]],
  ])("%s %j becomes %j", (name, value, told) => {
    expect(redacted({ [name]: value })).toEqual({ [name]: told });
  });

  test.each<[string, string, string]>([
    ["postgresql", "SELECT * FROM t WHERE a = 'bob' AND b = 17", "SELECT * FROM t WHERE a = ? AND b = ?"],
    ["postgresql", "/* x */ EXPLAIN SELECT 'bob'", "/* x */ EXPLAIN SELECT ?"],
    ["mysql", 'SELECT * FROM t WHERE a = "bob"', "SELECT * FROM t WHERE a = ?"],
    ["mysql", String.raw`VALUES ("O\"Neil", "${SECRET}")`, "VALUES (?)"],
    ["mysql", `VALUES ('say "x', 'a "', "${SECRET}")`, "VALUES (?, ?, ?)"],
    ["postgresql", String.raw`VALUES (7, 'C:\', '${SECRET}')`, "VALUES (?, ?)"],
    ["redis", `SET user:bob ${SECRET}`, "SET [redacted]"],
    ["redis", "PING", "PING"],
    ["mongodb", `{"name":"bob"}`, "[redacted]"],
    ["", `get bob ${SECRET}`, "get [redacted]"],
  ])("with a statement for %j, %j, becomes %j", (system, statement, told) => {
    for (const [key, name] of [
      ["db.query.text", "db.system.name"],
      ["db.statement", "db.system"],
    ] as const) {
      expect(redacted({ [key]: statement, [name]: system })[key]).toBe(told);
    }
  });

  test("with a message is left out if there may be none", () => {
    const stack = `TypeError: no ${SECRET}\n    at f (/app/a.js:1:2)\n    at /app/b.js:3:4`;
    const attributes = {
      "exception.type": "TypeError",
      "exception.message": SECRET,
      "exception.stacktrace": stack,
    };
    expect(redacted(attributes, { messages: false, frames: true })).toEqual({
      "exception.type": "TypeError",
      "exception.stacktrace": "TypeError\n    at f (/app/a.js:1:2)\n    at /app/b.js:3:4",
    });
    expect(redacted(attributes, { messages: false, frames: false })).toEqual({
      "exception.type": "TypeError",
    });
  });

  test("with a stack trace keeps its frames, and a message of several lines is redacted", () => {
    const stack = `Error: one\n    at two password=${SECRET}\n    at f (/app/a.js:1:2)`;
    expect(redacted({ "exception.stacktrace": stack })["exception.stacktrace"]).toBe(
      "Error: one at two password=[redacted]\n    at f (/app/a.js:1:2)",
    );
  });

  test("that nests deeper than anybody reads is taken out", () => {
    let deep: unknown = "x";
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(JSON.stringify(redacted({ deep }))).toContain("[redacted]");
  });

  test("of any kind is read without an error, and a second time gives the same", () => {
    const value = fc.anything({ withBigInt: true, withTypedArray: true, maxDepth: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (attributes) => {
        const once = redacted(attributes);
        expect(redacted(once)).toEqual(once);
      }),
    );
  });
});

describe("the work for one request", () => {
  const LONG = "a word of text ".repeat(500);

  test("is bounded: of what comes beyond it no text is left that was not known before", () => {
    const cuts: number[] = [];
    const redaction = new SpanRedaction({ messages: true, frames: true }, (texts) => cuts.push(texts));
    const spans = Array.from({ length: 100 }, (_, i) => spanWith({ method: "GET", text: `${i} ${LONG}` }));
    const told = redaction.within((redact) => spans.map(redact));
    expect(told[0]?.attributes.text).toMatch(/^0 a word/);
    expect(told[99]?.attributes).toEqual({ method: "GET", text: "[redacted]" });
    expect(cuts).toHaveLength(1);
    const next = redaction.within((redact) => redact(spanWith({ text: `next ${LONG}` })));
    expect(next.attributes.text).toMatch(/^next a word/);
  });
});

describe("a resource", () => {
  test("is redacted once, as the object that exporters group by", () => {
    const redaction = new SpanRedaction({ messages: true, frames: true }, () => {});
    const [one, other] = redaction.within((redact) => [redact(spanWith({})), redact(spanWith({ a: 1 }))]);
    expect(one?.resource).toBe(other?.resource);
    expect(one?.resource.attributes).toBe(other?.resource.attributes);
    expect(one?.resource.attributes).toEqual({
      "service.name": "shop",
      "process.command_args": ["app", "--password", "[redacted]"],
      [MARK]: true,
    });
  });

  test("whose attributes are not known yet is redacted when they are", async () => {
    const attributes: Attributes = { "service.name": "shop" };
    const pending = { ...resourceOf(attributes), asyncAttributesPending: true };
    const resource: Resource = {
      ...pending,
      async waitForAsyncAttributes() {
        attributes["host.url"] = URL_WITH_USER;
        Object.assign(resource, { asyncAttributesPending: false });
      },
    };
    const redaction = new SpanRedaction({ messages: true, frames: true }, () => {});
    const told = redaction.within((redact) => redact(spanWith({}, { resource }))).resource;
    expect(told.asyncAttributesPending).toBe(true);
    expect(told.attributes).toEqual({ "service.name": "shop", [MARK]: true });
    await told.waitForAsyncAttributes?.();
    expect(told.asyncAttributesPending).toBe(false);
    expect(told.attributes["host.url"]).toBe("https://[redacted]@db.example.com/x");
  });
});
