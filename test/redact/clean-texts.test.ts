// What is remembered of redacted texts: it changes no result, is bounded, and holds no secret.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CleanTexts } from "../../src/redact/clean-texts.ts";
import { redactText } from "../../src/redact/text.ts";

const anyText = fc.oneof(
  fc.constantFrom("GET /items/:id", "connect ECONNREFUSED 10.0.0.7:80", "password=hunter2", "\ud83d lone"),
  fc.string({ unit: "binary", maxLength: 300 }),
);

describe("texts that are redacted again and again", () => {
  test("come out as they do the first time", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 20 }), (texts) => {
        const clean = new CleanTexts();
        for (const text of [...texts, ...texts]) expect(clean.redact(text)).toBe(redactText(text));
      }),
    );
  });

  test("are not kept if something was taken out, or if they are long", () => {
    const clean = new CleanTexts();
    clean.redact("login failed: password=hunter2");
    clean.redact("x ".repeat(200));
    expect(clean.size).toBe(0);
  });

  test("are kept up to a bound, those longest that come again", () => {
    const clean = new CleanTexts();
    for (let i = 0; i < 5000; i++) {
      clean.redact(`step ${i}`);
      clean.redact("GET /cart");
      expect(clean.size).toBeLessThanOrEqual(1024);
    }
    const size = clean.size;
    clean.redact("GET /cart");
    expect(clean.size).toBe(size);
  });
});
