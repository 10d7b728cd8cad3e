// What docs/security.md says of messages is what the redactor does.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { templatesWith } from "../../src/redact/rules.ts";
import { redactText } from "../../src/redact/text.ts";
import { changed, corpusOf, leaks } from "../redact/corpus/score.ts";

const PAGE = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
const SECTION = PAGE.split("\n## What a message says\n")[1]?.split("\n## ")[0] ?? "";
const template = templatesWith(undefined, redactText);

test("the examples of each mode are what the modes do", () => {
  const rows = [...SECTION.matchAll(/^\| `(.*)` \| `(.*)` \| `(.*)` \|$/gm)];
  expect(rows.length).toBeGreaterThanOrEqual(6);
  for (const [, text = "", redacted, inTemplate] of rows) {
    expect([redactText(text), template(text)]).toEqual([redacted, inTemplate]);
  }
});

test("the figures of the corpus are those that are measured", () => {
  const half = (name: "judged" | "work", redact: (text: string) => string): string => {
    const texts = corpusOf(name);
    return `${texts.length - leaks(texts, redact).length} of ${texts.length}`;
  };
  const harmless = corpusOf("harmless");
  const told = `${changed(harmless, redactText).length} of ${harmless.length}`;
  expect(SECTION).toContain(
    `| \`messages: true\` | ${half("judged", redactText)} | ${half("work", redactText)} | ${told} |`,
  );
  expect(SECTION).toContain(
    `| \`messages: "template"\` | ${half("judged", template)} | ${half("work", template)} | |`,
  );
});
