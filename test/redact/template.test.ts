import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compileRules } from "../../src/redact/rules.ts";
import { templateOf } from "../../src/redact/template.ts";
import { redactText } from "../../src/redact/text.ts";
import { isOrdinary } from "../../src/redact/vocabulary.ts";
import { createRedactor } from "../../src/tree/redact-node.ts";
import { corpusOf } from "./corpus/score.ts";
import { ORDINARY, SECRETS_IN, TELLTALE } from "./redact-corpus.ts";

const TEMPLATES: readonly (readonly [text: string, template: string])[] = [
  ["Wrong password hunter for bob", "Wrong password … for …"],
  ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED …:…"],
  ["Request failed with status code 401", "Request failed with status code …"],
  [
    'duplicate key value violates unique constraint "users_email_key"',
    'duplicate key value violates unique constraint "…"',
  ],
  ["Access denied. Please try again!", "Access denied. … try again!"],
  ["order for Mark Price is Closed", "order for … is …"],
  ["user doesn't exist", "user doesn't exist"],
  ["the value is too-long (max. 3)", "the value is … (…. …)"],
  ["TIMEOUT: no answer from db1.internal after 300 ms…", "TIMEOUT: no answer from … after …"],
  ["Größe 5 – ☃", "…"],
  ["a -> b", "a -> …"],
  ["", ""],
];

function fail(error: unknown): never {
  throw error;
}

/** The message of a service that tells templates. */
const told = (message: string): string | undefined =>
  createRedactor(
    { messages: "template" },
    fail,
  )({
    service: "orders",
    operation: "GET /orders/:id",
    code: "internal",
    errorType: "HunterError",
    message,
    count: 1,
    children: [],
  }).message;

test.each(TEMPLATES)("the template of %j is %j", (text, template) => {
  expect(templateOf(text)).toBe(template);
  expect(templateOf(template)).toBe(template);
  expect(told(text)).toBe(template);
});

test("error type and operation stay", () => {
  const node = {
    service: "x",
    operation: "GET /orders/:id",
    code: "internal",
    count: 1,
    children: [],
  } as const;
  const redact = createRedactor({ messages: "template" }, fail);
  expect(redact({ ...node, errorType: "HunterError", message: "hunter" })).toEqual({
    ...node,
    errorType: "HunterError",
    message: "…",
  });
});

describe("of no text", () => {
  /** As generators make them, and as people do. */
  const secret = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9]{6,24}$/),
    fc.stringMatching(/^[a-z]{8,16}$/),
    fc.stringMatching(/^[1-9][0-9]{3,18}$/),
    fc.stringMatching(/^[A-Z][a-z]{6,9}[0-9]{2}[!#$%]$/),
    fc.stringMatching(/^[a-z]{5,8}[@._+-][a-z]{5,8}$/),
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 12 }).filter((text) => /[^\s!-~]/.test(text)),
  );

  it("a template tells a value that was made at random, wherever it stands", () => {
    const before = fc.constantFrom(...ORDINARY, "password", "user (", '"', "is '", "");
    fc.assert(
      fc.property(before, secret, before, (one, value, other) => {
        const template = told(`${one} ${value} ${other}`) ?? "";
        for (const word of value.split(/[\s"'`()[\]{}<>,;:=&|]+/)) {
          // By accident it may be a word.
          if (word.length >= 5 && !isOrdinary(word) && !one.includes(word) && !other.includes(word))
            expect(template).not.toContain(word);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("does the second time do more, or what the redactor does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const template = told(text) ?? "";
        expect(told(template) ?? "").toBe(template);
      }),
    );
    for (const text of [...ORDINARY, ...TELLTALE.map(([one]) => one), ...SECRETS_IN.map(([one]) => one)]) {
      const template = told(text) ?? "";
      expect(told(template)).toBe(template);
    }
    for (const half of ["work", "judged", "harmless"] as const) {
      for (const { text } of corpusOf(half)) expect(told(told(text) ?? "")).toBe(told(text));
    }
  });
});

describe("rules", () => {
  const rules = compileRules({ names: ["customerRef", "Akte"], allow: ["csrfToken", "ord_", "Hunter"] });
  const withRules = (text: string): string => redactText(text, rules);

  test("add names of secrets, in any spelling", () => {
    expect(withRules("customerRef=4711")).toBe("customerRef=[redacted]");
    expect(withRules('{"customer_ref": "a b"}')).toBe('{"customer_ref": "[redacted]"}');
    expect(withRules("CUSTOMER-REFS: abc12345")).toBe("CUSTOMER-REFS: [redacted]");
    expect(withRules("Akte 17b4c is closed")).toBe("Akte [redacted] is closed");
    expect(redactText("customerRef=4711")).toBe("customerRef=4711");
  });

  test("hold if a dash, a dot or an underscore stands before their last character", () => {
    const parted = compileRules({ names: ["customer_ref_2", "Akte-B", "oauth.2"] });
    expect(
      redactText("customer_ref_2=4711 customerRef2=4711 akte_b=4711 AKTE.B=4711 oauth-2=4711", parted),
    ).not.toContain("4711");
  });

  test("say what stays: names, beginnings of ids, words of templates", () => {
    expect(withRules("csrf_token=abc123 token=abc123")).toBe("csrf_token=abc123 token=[redacted]");
    const id = "ord_9fK2pQ9xZr4Lm8Tn3Vb6Yc1W";
    expect(withRules(`order ${id}, ord-9fK2pQ9xZr4Lm8Tn3Vb6Yc1W`)).toBe(`order ${id}, [redacted]`);
    expect(templateOf("by hunter for bob", rules?.words)).toBe("by hunter for …");
  });

  test("that end with a digit hold for the name with it", () => {
    const numbered = compileRules({ names: ["oauth2"], allow: ["token2"] });
    expect(redactText("oauth2=x oauth=x", numbered)).toBe("oauth2=[redacted] oauth=x");
    expect(redactText("token2=x token=x token3=x", numbered)).toBe(
      "token2=x token=[redacted] token3=[redacted]",
    );
  });

  test("hold for names in any script", () => {
    const any = compileRules({ names: ["contraseña", "ключЁ", "密码"], allow: ["clésecret"] });
    expect(redactText("db_contraseña: x9, Contraseña=x", any)).toBe(
      "db_contraseña: x9, Contraseña=[redacted]",
    );
    expect(redactText("КЛЮЧЁ=x9 用户密码=x9", any)).toBe("КЛЮЧЁ=[redacted] 用户密码=[redacted]");
    expect(redactText("cléSecret=x, secret=x", any)).toBe("cléSecret=x, secret=[redacted]");
  });

  test("that allow a beginning of ids allow no name, and hold wherever an id stands", () => {
    const ids = compileRules({ allow: ["session_", "pat_"] });
    const pat = "pat_AbCdEf123456GhIjKl789012";
    expect(redactText("session=abc", ids)).toBe("session=[redacted]");
    for (const text of [`${pat} is gone`, `GET /reset/${pat}/x`, `GET /hooks/${pat}/${pat}`]) {
      expect(redactText(text, ids)).toBe(text);
      expect(redactText(text)).not.toContain(pat);
    }
    expect(redactText("x-pat_AbCdEf123456GhIjKl789012", ids)).toBe("x-[redacted]");
  });

  test("of none there are none", () => {
    expect(compileRules({})).toBeUndefined();
  });
});
