// Secrets as they are set: which ones are taken, and that no error tells any part of one.
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { OptionError, resolveOptions } from "../../src/options/options.ts";
import { mayBeSecret, secretFault, secretsOf, soundSecrets } from "../../src/trust/secrets.ts";

function unexpected(line: string): void {
  expect.unreachable(line);
}

const LEAST = "0123456789abcdef0123456789abcdef";
const OTHER = "~!#$%&'()*+-./:;<=>?@[]^_`{|}\"\\x";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("are taken", () => {
  test.each<[string, string | readonly string[], [string, string][]]>([
    ["one", `k1:${LEAST}`, [["k1", LEAST]]],
    [
      "two with a comma",
      `k1:${LEAST},k2:${OTHER}`,
      [
        ["k1", LEAST],
        ["k2", OTHER],
      ],
    ],
    [
      "two in a list",
      [`2026-11:${OTHER}`, `a.b_C-d:${LEAST}`],
      [
        ["2026-11", OTHER],
        ["a.b_C-d", LEAST],
      ],
    ],
    ["one with colons", `k1:${LEAST}:x`, [["k1", `${LEAST}:x`]]],
    ["one with space around, as a file has it", ` k1:${LEAST}\n`, [["k1", LEAST]]],
    ["the longest", `${"k".repeat(16)}:${"s".repeat(256)}`, [["k".repeat(16), "s".repeat(256)]]],
  ])("%s", (_, value, secrets) => {
    expect(secretFault(value)).toBeUndefined();
    expect(secretsOf(value)).toEqual(secrets.map(([keyId, secret]) => ({ keyId, secret })));
  });
});

const REFUSED: [string, unknown, string][] = [
  ["no text", 7, "something else (number)"],
  ["a list of other things", [7], "something else (object)"],
  ["an empty list", [], "0 of them"],
  ["three", `a:${LEAST},b:${LEAST},c:${LEAST}`, "3 of them"],
  ["nothing", "", "a first one without a colon"],
  ["a secret without its key id", LEAST, "a first one without a colon"],
  [
    "an empty key id",
    `:${LEAST}`,
    "a first one with a key id that is empty, too long or of other characters",
  ],
  [
    "a key id that is too long",
    `a:${LEAST},${"k".repeat(17)}:${LEAST}`,
    "a second one with a key id that is empty, too long or of other characters",
  ],
  [
    "a key id with a space",
    `k 1:${LEAST}`,
    "a first one with a key id that is empty, too long or of other characters",
  ],
  [
    "a key id past ASCII",
    `ü:${LEAST}`,
    "a first one with a key id that is empty, too long or of other characters",
  ],
  [
    "key id and secret the other way round",
    `${LEAST}:k1`,
    "a first one with a key id that is empty, too long or of other characters",
  ],
  ["a short secret", `k1:${LEAST.slice(1)}`, "a first one with a secret of 31 characters"],
  ["an empty secret", ["k1:"], "a first one with a secret of 0 characters"],
  ["a long secret", `k1:${"s".repeat(257)}`, "a first one with a secret of 257 characters"],
  ["a secret with a space", `k1:${LEAST} x`, "a first one with a secret of other characters"],
  ["a secret with a comma, in a list", [`k1:${LEAST},x`], "a first one with a secret of other characters"],
  ["a secret past ASCII", `k1:${LEAST}ü`, "a first one with a secret of other characters"],
  ["a secret with a control character", `k1:${LEAST}\u0000`, "a first one with a secret of other characters"],
  ["one key id twice", `k1:${LEAST},k1:${OTHER}`, "one key id twice"],
  ["a comma at the end", `k1:${LEAST},`, "a second one without a colon"],
];

describe.each(REFUSED)("%s", (_, value, fault) => {
  test("is refused, in words that tell what is wrong", () => {
    expect(secretFault(value)).toBe(fault);
    expect(() => resolveOptions({ secret: value as string }, unexpected)).toThrow(
      new RegExp(`^secret must be "keyid:secret", or two of them .*, got ${fault.replace(/[()]/g, "\\$&")}$`),
    );
  });
});

test("no error tells any part of what was set, in code or in the environment", () => {
  const hidden = fc.string({ minLength: 3, maxLength: 40, unit: fc.constantFrom(..."QXZ7") });
  const wrong = fc.oneof(
    hidden,
    hidden.map((text) => `${text}:${text}`),
    hidden.map((text) => `k1:${LEAST},${text}`),
    hidden.map((text) => `k1:${text} ${text}${text}`),
    hidden.map((text) => `k1:${LEAST},k1:${LEAST}${text}`),
  );
  fc.assert(
    fc.property(wrong, (text) => {
      if (secretFault(text) === undefined) return;
      for (const options of [{ secret: text }, { secret: [text] }]) {
        let error: unknown;
        try {
          resolveOptions(options, unexpected);
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(OptionError);
        const { message, stack } = error as OptionError;
        expect(message).not.toMatch(/[QXZ7]{3}|0123/);
        expect(stack?.split("\n")[0]).not.toMatch(/[QXZ7]{3}|0123/);
        expect(JSON.stringify(error)).not.toMatch(/[QXZ7]{3}|0123/);
      }
      vi.stubEnv("OTEL_ERROR_TREE_SECRET", text);
      const lines: string[] = [];
      const given = `k9:${LEAST}`;
      expect(resolveOptions({ secret: given }, (line) => lines.push(line)).secret).toBe(given);
      resolveOptions({}, (line) => lines.push(line));
      expect(lines).toHaveLength(2);
      expect(lines.join("\n")).not.toMatch(/[QXZ7]{3}|0123/);
    }),
  );
});

describe("the usable ones among others", () => {
  const [one, two, three] = [`k1:${LEAST}`, `k2:${OTHER}`, `k3:${LEAST}`];

  test.each<[string, string | readonly string[], string[]]>([
    ["nothing", "", []],
    ["one that is wrong", "hunter2", []],
    ["a wrong second one", `${one},hunter2`, [one]],
    ["a wrong first one", `hunter2,${two}`, [two]],
    ["a comma at the end", `${one},`, [one]],
    ["two", [one, two], [one, two]],
    ["three", `${one},${two},${three}`, [one, two]],
    ["three of which one is wrong", `${one},x,${three}`, [one, three]],
    ["one key id twice", `${one},k1:${OTHER}`, [one]],
    ["the same twice", `${one},${one}`, [one]],
    ["a comma within the second one", `${one},k2:abc,${LEAST}`, [one]],
  ])("of %s", (_, value, sound) => {
    expect(soundSecrets(value)).toEqual(sound);
  });
});

test("what may be a secret is told from names and addresses", () => {
  for (const text of [LEAST, `k1:${LEAST}`, `x,k1:${OTHER}`, "A".repeat(64), `{"secret":"${LEAST}"}`]) {
    expect(mayBeSecret(text)).toBe(true);
  }
  for (const text of ["", "loopback", "payment.default.svc.cluster.local, 10.0.0.0/33", LEAST.slice(1)]) {
    expect(mayBeSecret(text)).toBe(false);
  }
});
