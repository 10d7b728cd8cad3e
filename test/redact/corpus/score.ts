// Scores a redactor on the texts of real libraries: what it tells of their secrets, and which harmless texts it changes.
import { readFileSync } from "node:fs";

/** A text that a library wrote. */
export interface CorpusText {
  readonly library: string;
  readonly version: string;
  readonly text: string;
  /** What must not be told, as the text spells it. */
  readonly secrets: readonly string[];
}

/** So much of a secret tells it. A shorter one is told by all of it alone. */
const TELLING = 5;

/** The texts of a file. */
export function corpusOf(half: "work" | "judged" | "harmless"): readonly CorpusText[] {
  const lines = readFileSync(new URL(`${half}.jsonl`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as CorpusText);
}

/** The part of a secret that a text tells; `undefined` if it tells none. */
export function toldPart(text: string, secrets: readonly string[]): string | undefined {
  for (const secret of secrets) {
    const length = Math.min(TELLING, secret.length);
    for (let start = 0; start + length <= secret.length; start++) {
      const part = secret.slice(start, start + length);
      if (text.includes(part)) return part;
    }
  }
  return undefined;
}

/** What is left of the texts of which something is told. */
export function leaks(
  texts: readonly CorpusText[],
  redact: (text: string) => string,
): readonly { readonly entry: CorpusText; readonly redacted: string; readonly told: string }[] {
  return texts.flatMap((entry) => {
    const redacted = redact(entry.text);
    const told = toldPart(redacted, entry.secrets);
    return told === undefined ? [] : [{ entry, redacted, told }];
  });
}

/** The harmless texts that a redactor changes; line breaks and spaces do not count. */
export function changed(
  texts: readonly CorpusText[],
  redact: (text: string) => string,
): readonly { readonly entry: CorpusText; readonly redacted: string }[] {
  return texts.flatMap((entry) => {
    const redacted = redact(entry.text);
    return plain(redacted) === plain(entry.text) ? [] : [{ entry, redacted }];
  });
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
