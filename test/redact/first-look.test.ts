// The first look leaves out no reader that would find something: with every reader each text is redacted to the same.
import fc from "fast-check";
import { expect, test } from "vitest";
import { redactText } from "../../src/redact/text.ts";
import { everyReader, makeText } from "../fuzz/redact.ts";
import { createRandom } from "../support/random.ts";
import { corpusOf } from "./corpus/score.ts";
import { LOOK_ALIKE, ORDINARY, SECRETS_IN, TELLTALE } from "./redact-corpus.ts";

const CORPUS = ["work", "judged", "harmless"] as const;
const TEXTS = [
  ...CORPUS.flatMap((half) => corpusOf(half).map(({ text }) => text)),
  ...[...ORDINARY, ...LOOK_ALIKE],
  ...[...TELLTALE, ...SECRETS_IN].map(([text]) => text),
];

function expectSame(text: string): void {
  expect(redactText(text, undefined, everyReader)).toBe(redactText(text));
}

test("texts of the corpus", () => {
  for (const text of TEXTS) expectSame(text);
});

test("parts of them, one behind the other", () => {
  const part = fc
    .tuple(fc.constantFrom(...TEXTS), fc.nat(), fc.nat())
    .map(([text, from, to]) => text.slice(from % (text.length + 1)).slice(0, to % (text.length + 1)));
  const between = fc.constantFrom("", " ", "\n", ": ", ", ", "_", ".", "%5B", "1", "'", '"');
  const parts = fc.tuple(part, between, part, between, part).map((pieces) => pieces.join(""));
  fc.assert(fc.property(parts, expectSame), { numRuns: 5000 });
});

test("texts of the fuzzer", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => expectSame(makeText(createRandom(seed)))),
    { numRuns: 1000 },
  );
});

test.each([
  ...[
    "user[pw]=abcd",
    "%5Bpw%5D=abcd",
    "to-ken=abcd1234",
    "pass_wd: zmsvrika",
    "saml-request=a&b=c",
    "pins: 4821",
  ],
  ...[
    "x.pws = abcd",
    "cvv212: 345",
    "DB_PASS12=abc",
    "+12345678",
    "GB82WEST12345698765432",
    "uid=zmsvrika,ou=x",
  ],
  ...[
    "Anna van der Berg",
    "O'Neil-Smith Okwuosa <a@b.ch>",
    "expected { a: 'zmsvrika' } to be",
    "` = 'zmsvrika'",
  ],
  ...[
    "xoauth2 dXNlcj1zb21l",
    "keyValue: { a: 1 }",
    "with x as (select 'a')",
    '"zmsvrika" == 1',
    "éotp 123456",
  ],
])("%s", (text) => {
  for (const whole of [text, `no ${text}`, `${text} so`, `for ${text}: it`]) expectSame(whole);
});
