import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { createRedactor, type RedactHook, redactNode, redactText } from "../../src/tree/redact-node.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { errorTrees } from "../support/arbitrary-tree.ts";
import { LOOK_ALIKE, ORDINARY, SECRETS_IN, TELLTALE } from "./redact-corpus.ts";

const SECRET = "https://joe:hunter2@host/x";
const TOLD = "https://[redacted]@host/x";

function node(more: Partial<TreeNode> = {}): TreeNode {
  return {
    service: "orders",
    operation: "GET /orders/:id",
    code: "internal",
    count: 1,
    children: [],
    ...more,
  };
}

/** Texts of pieces that mean something to the redactor, in any order. */
const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "://",
          "@",
          ".",
          ":",
          "=",
          "&",
          "?",
          ",",
          ";",
          " ",
          "\n",
          "\t",
          '"',
          "'",
          "`",
          "\\",
          "(",
          ")",
          "{",
          "}",
        ],
        ...[
          "[",
          "]",
          "<",
          "-",
          "/",
          "$1",
          "%5B",
          "[redacted]",
          "[redac",
          "eyJ",
          "\u001b[",
          "\u001b]",
          "\u202e",
        ],
        ...["token", "password", "x-api-key", "code", "key", "cookie", "Authorization", "Bearer ", "basic "],
        ...["-----BEGIN KEY-----", "-----END KEY-----", "4111111111111111", "4111 1111 1111 1111", "1234-"],
        ...[
          "insert into t ",
          "select ",
          " from ",
          "params: ",
          "Failed query: ",
          " - ",
          "Key (",
          ")=(",
          "a1b2c3d4",
        ],
        ...[
          'invalid input syntax for type x: "',
          "Duplicate entry '",
          "' for key",
          "dup key: { ",
          "null",
          "git@",
        ],
      ),
      ...[...TELLTALE, ...SECRETS_IN].map(([text]) => fc.constant(text)),
      fc.string({ maxLength: 12 }),
      fc.string({ maxLength: 4, unit: "binary" }),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(""));

describe("redactText", () => {
  test.each([...ORDINARY, ...LOOK_ALIKE])("leaves as it is: %s", (text) => {
    expect(redactText(text)).toBe(text);
  });

  test.each(TELLTALE)("takes out what is secret in: %s", (text, told) => {
    expect(redactText(text)).toBe(told);
    expect(redactText(told)).toBe(told);
  });

  test.each(SECRETS_IN)("tells nothing of what is secret in: %s", (text, secrets) => {
    const once = redactText(text);
    for (const secret of secrets) expect(once).not.toContain(secret);
    expect(redactText(once)).toBe(once);
  });

  it("does no more the second time, and leaves nothing that steers a terminal", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = redactText(text);
        expect(redactText(once)).toBe(once);
        expect(once).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes a password out of a URL and a pair, whatever stands around it", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/).map((text) => `pw${text}wp`);
    fc.assert(
      fc.property(
        fc.constantFrom(...ORDINARY),
        word,
        fc.constantFrom(...ORDINARY),
        (before, secret, after) => {
          for (const text of [`https://u:${secret}@h/`, `db_password=${secret}`, `"password": "${secret}"`]) {
            expect(redactText(`${before} ${text} ${after}`)).not.toContain(secret);
          }
        },
      ),
    );
  });

  it("ends a text of 100 kB within 4,096 characters, at the end of a word", () => {
    const long = redactText("some words and more ".repeat(5_000));
    expect(long.length).toBeLessThanOrEqual(4096);
    expect(long.length).toBeGreaterThan(3500);
    expect("some words and more ".repeat(5_000).startsWith(`${long} `)).toBe(true);
    expect(redactText(`a${"💥".repeat(50_000)}`)).not.toMatch(/\p{Surrogate}/u);
    expect(redactText("pwd=a&".repeat(20_000))).toMatch(/^(?:pwd=\[redacted\]&?)+$/);
  });

  it("tells no half of a credential where a text is cut", () => {
    for (let i = 8100; i < 8200; i++) {
      expect(redactText(`${"word ".repeat(1700).slice(0, i)} postgres://app:hunter2@db/x`)).not.toContain(
        "hunter",
      );
    }
  });

  it("needs time in proportion to the length of hostile texts", () => {
    const pieces = [
      ...[
        "://",
        "://a:b/",
        "a@",
        "@a.",
        "'",
        '"',
        "token=",
        'token="',
        "password='",
        "Key (a)=(",
        "eyJ",
        "-eyJ",
      ],
      ...[
        "-----BEGIN KEY-----",
        "\u001b[",
        "\u001b]",
        "\u009d",
        "1",
        "1 ",
        "1234 ",
        "bearer ",
        "cookie: a=b; ",
      ],
      ...[
        "authorization: ",
        "authorization=a",
        " ",
        "\t ",
        ",a=",
        "\\",
        'password=\\"',
        "Failed query: ",
        "a ",
      ],
      ...[
        "Duplicate entry '",
        "dup key: {",
        'value "',
        "existing key (",
        "select ",
        " from ",
        "[redacted",
        "a.b-",
      ],
    ];
    const begins = ["", "insert into x ", "Failed query: select x from ", "password=", "https://"];
    const started = process.cpuUsage();
    for (const piece of pieces) {
      for (const begin of begins) redactText(begin + piece.repeat(Math.ceil(100_000 / piece.length)));
    }
    const { user, system } = process.cpuUsage(started);
    // A pattern that tries every beginning with every end takes seconds for one of them.
    expect((user + system) / 1000 / (pieces.length * begins.length)).toBeLessThan(100);
  });
});

describe("redactNode", () => {
  it("redacts operation, at, peer, error type, message and frames", () => {
    const texts = { operation: SECRET, at: SECRET, peer: SECRET, errorType: SECRET, message: SECRET };
    const told = { operation: TOLD, at: TOLD, peer: TOLD, errorType: TOLD, message: TOLD };
    expect(redactNode(node({ ...texts, frames: ["f (a.ts:1:2)", SECRET] }))).toEqual(
      node({ ...told, frames: ["f (a.ts:1:2)", TOLD] }),
    );
  });

  it("returns the node itself where nothing is to be changed", () => {
    const own = node({ message: "socket hang up", frames: ["f (a.ts:1:2)"], peer: "postgresql" });
    expect(redactNode(own)).toBe(own);
  });

  it("tells no messages and no frames where they are switched off", () => {
    const own = node({ message: "m", frames: ["f (a.ts:1:2)"], at: "step" });
    expect(redactNode(own, { messages: false })).toEqual(node({ frames: ["f (a.ts:1:2)"], at: "step" }));
    expect(redactNode(own, { frames: false })).toEqual(node({ message: "m", at: "step" }));
  });
});

describe("createRedactor", () => {
  const secrets = {
    at: "step",
    peer: "db",
    errorType: "E",
    message: "m",
    frames: ["f (a.ts:1:2)"],
    spanId: "1",
  };

  it("gives the hook a node without children whose texts are redacted, and takes its texts alone", () => {
    const redact: RedactHook = (own) => {
      expect(own.children).toEqual([]);
      expect(own.message).toBe(TOLD);
      const { message: _, ...rest } = own;
      return { ...rest, operation: "hidden", service: "x", code: "ok", count: 9, children: [own] };
    };
    const child = node();
    const own = node({ message: SECRET, peer: "db", children: [child] });
    const told = createRedactor({ redact }, fail)(own);
    expect(told).toEqual(node({ operation: "hidden", peer: "db", children: [child] }));
    expect(own.message).toBe(SECRET);
  });

  it("lets the hook change its copy in place", () => {
    const redact: RedactHook = (own) => Object.assign(own, { message: undefined, frames: [] });
    expect(createRedactor({ redact }, fail)(node({ ...secrets }))).toEqual(
      node({ at: "step", peer: "db", errorType: "E", spanId: "1" }),
    );
  });

  it("redacts what the hook puts in", () => {
    const redact: RedactHook = (own) => ({ ...own, message: `${SECRET}\n`, frames: ["x"] });
    expect(createRedactor({ redact, frames: false }, fail)(node())).toEqual(node({ message: TOLD }));
  });

  const failures: readonly (readonly [string, () => unknown])[] = [
    ["throws", () => expectThrow(new Error("broken"))],
    ["throws what no text can be made of", () => expectThrow(Object.create(null))],
    ["returns nothing", () => undefined],
    ["returns null", () => null],
    ["returns a promise that fails", async () => expectThrow(new Error("late"))],
    ["returns no operation", () => ({})],
    ["returns a message that is no text", () => ({ operation: "x", message: 1 })],
    ["returns frames that are none", () => ({ operation: "x", frames: "f" })],
    ["returns a frame that is no text", () => ({ operation: "x", frames: [1] })],
    ["returns what throws when read", () => new Proxy({}, { get: () => expectThrow(new Error("read")) })],
  ];
  test.each(failures)("a node whose hook %s keeps operation, code and error type alone", async (_, hook) => {
    const errors: unknown[] = [];
    const redact = createRedactor({ redact: hook as unknown as RedactHook }, (error) => errors.push(error));
    expect(redact(node({ ...secrets, operation: SECRET }))).toEqual(
      node({ operation: TOLD, errorType: "E", spanId: "1" }),
    );
    expect(errors).toHaveLength(1);
    // A rejected promise that nobody took would fail this file.
    await new Promise(setImmediate);
  });

  it("does not throw where telling the error throws, or where the program's texts are none", () => {
    const redact = createRedactor({ redact: () => expectThrow(Object.create(null)) }, (error) => {
      throw new Error(String(error));
    });
    expect(redact(node({ ...secrets }))).toEqual(node({ errorType: "E", spanId: "1" }));
    const odd = { ...node(), operation: Symbol("x"), message: 7 } as unknown as TreeNode;
    expect(createRedactor({}, () => undefined)(odd)).toEqual(node({ operation: "" }));
  });

  it("keeps the structure of any node, and does no more the second time", () => {
    const redact = createRedactor({}, fail);
    fc.assert(
      fc.property(errorTrees({ depth: 2 }), ({ root }) => {
        const once = redact(root);
        const texts = { operation: "", at: "", peer: "", errorType: "", message: "", frames: [], causes: [] };
        expect({ ...once, ...texts }).toEqual({ ...root, ...texts });
        expect(redact(once)).toBe(once);
      }),
    );
  });
});

describe("bind values", () => {
  it("of a statement never enter a record: neither text nor values of a query are read", () => {
    const facts: SpanFacts = {
      spanId: "1",
      service: "orders",
      kind: "client",
      name: "pg.query:INSERT shop",
      status: "error",
      statusMessage: 'duplicate key value violates unique constraint "users_email_key"',
      attributes: {
        "db.system.name": "postgresql",
        "error.type": "23505",
        "db.statement": "insert into users values ('joe@example.com')",
        "db.query.text": "insert into users values ('joe@example.com')",
        "db.query.parameter.0": "joe@example.com",
        "db.postgresql.values": ["joe@example.com"],
        "exception.detail": "Key (email)=(joe@example.com) already exists.",
      },
      events: [
        {
          name: "exception",
          attributes: {
            "exception.message": "PostgreSQL error of type 'error' occurred (code: 23505)",
            "exception.detail": "Key (email)=(joe@example.com) already exists.",
          },
        },
      ],
      start: 0,
      end: 1,
    };
    expect(JSON.stringify(toSpanRecord(facts))).not.toContain("joe");
  });
});

function fail(error: unknown): void {
  expect.fail(`the hook failed: ${String(error)}`);
}

function expectThrow(error: unknown): never {
  throw error;
}

test.each([
  "Circuit Breaker is open for Payment Provider",
  "Order Service timed out calling Inventory Service",
  "Spring Boot Actuator failed",
  "Black Friday Sale coupon expired",
  "Hamburg Altona has no stock",
  'Job "Nightly Export" failed',
  "Kafka Streams state store is not open",
  "Topic orders-v2 partition 12 offset 1234567890123 is out of range",
  'relation "order_items" does not exist',
])("names of things with capitals are no persons: %s", (text) => {
  expect(redactText(text)).toBe(text);
});
