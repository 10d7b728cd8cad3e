// The redactor under fuzz: texts made of all that it knows, with secrets planted in them.
import { firstLook, READERS } from "../../src/redact/first-look.ts";
import { redactText } from "../../src/redact/text.ts";
import { vocabulary } from "../../src/redact/vocabulary.ts";
import { lookedAt, MOST_LOOKS } from "../support/looked-at.ts";
import type { Random } from "../support/random.ts";
import { BEGINNINGS, FRAGMENTS } from "../support/redact-fragments.ts";
import { ensure } from "./checks.ts";
import { randomText } from "./text.ts";

// Unpacked once for the process: no reading of a text.
vocabulary();

/** Stands in every secret that is planted, and nowhere else. */
const MARK = "h1dd3n";
const DASHES = "-----";
/** Looks that even the shortest text takes. */
const OTHER_LOOKS = 64;

/** Ways in which programs write a secret. */
const SYNTAXES: readonly ((secret: string) => string)[] = [
  (secret) => `https://joe:${secret}@host.example/x`,
  (secret) => `postgres://app:${secret}@db:5432/shop`,
  (secret) => `https://host.example/x?page=1&code=${secret}&state=2`,
  (secret) => `password=${secret}`,
  (secret) => `DB_PASSWORD=${secret}`,
  (secret) => `"password": "${secret}"`,
  (secret) => `{"user":"x","client_secret":"${secret}"}`,
  (secret) => `{ token: '${secret}' }`,
  (secret) => `access_token=${secret}`,
  (secret) => `X-Api-Key: ${secret}`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `authorization: Basic ${secret}`,
  (secret) => `Cookie: sid=${secret}`,
  (secret) => `sent Bearer ${secret} to`,
  (secret) => `sk_live_${secret}`,
  (secret) => `ghp_${secret}aaaaaaaaaaaaaaaa`,
  (secret) => `eyJ${secret}aaaaaaaaaaaaa.${secret}`,
  (secret) => `-----BEGIN PRIVATE KEY-----\n${secret}aaaaaaaaaaaaaaaa\n-----END PRIVATE KEY-----`,
  (secret) => `${secret}@example.com`,
  (secret) => `Duplicate entry '${secret}' for key 'users.name'`,
  (secret) => `Key (email)=(${secret}) already exists.`,
  (secret) => `invalid input syntax for type integer: "${secret}"`,
  (secret) => `Failing row contains (1, ${secret}, null).`,
];

/** A text of fragments, some of them repeated, with secrets between lines of prose. */
export function makeText(random: Random): string {
  if (random.below(50) === 0) return randomText(random);
  let text = random.below(8) === 0 ? random.pick(BEGINNINGS) : "";
  const most = random.below(64) === 0 ? 9000 : random.pick([30, 100, 300]);
  while (text.length < most && random.below(12) > 0) text += piece(random, text, most);
  return text;
}

function piece(random: Random, before: string, most: number): string {
  const how = random.below(16);
  if (how === 0) return String.fromCharCode(random.below(random.pick([128, 256, 0x1_0000])));
  if (how === 1) return (random.pick(FRAGMENTS) + random.pick(FRAGMENTS)).repeat(random.below(most / 10));
  if (how === 2) return random.pick(FRAGMENTS).repeat(random.below(random.pick([4, most / 5])));
  if (how === 3) return planted(random, before);
  return random.pick(FRAGMENTS);
}

/**
 * A secret in one of the syntaxes. Not behind a quote of the same sort or the beginning of a key, which may have taken the
 * name before the secret for a part of their own.
 */
function planted(random: Random, before: string): string {
  const text = random.pick(SYNTAXES)(`${MARK}${random.below(1e6)}`);
  const isTaken =
    before.includes(DASHES) || [..."\"'"].some((quote) => text.includes(quote) && before.includes(quote));
  return isTaken ? "" : ` word ${text} word `;
}

/** Says that every reader may find something. */
export function everyReader(text: string): number {
  return firstLook(text) | READERS;
}

/** Redacts a text, and throws if something does not hold that must. */
export function runRedact(input: string): { readonly understood: boolean; readonly stepsPerByte: number } {
  const { result, looks } = lookedAt(() => redactText(input));
  const most = MOST_LOOKS * (input.length + OTHER_LOOKS);
  ensure(looks <= most, `${looks} looks at ${input.length} characters`);
  ensure(result.length <= 4096, "too long");
  ensure(!result.includes(MARK), "a secret is told");
  ensure(redactText(result) === result, "redacted again it is another text");
  ensure(redactText(input, undefined, everyReader) === result, "the first look missed something");
  return { understood: result !== input, stepsPerByte: looks / (input.length + OTHER_LOOKS) };
}
