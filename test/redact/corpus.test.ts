// How much the redactor knows of what real libraries write; docs/security.md has the figures.
import { expect, test } from "vitest";
import { templatesWith } from "../../src/redact/rules.ts";
import { redactText } from "../../src/redact/text.ts";
import { changed, corpusOf, leaks, toldPart } from "./corpus/score.ts";

test("the texts are those of at least 25 libraries, in both halves, and tell their secrets", () => {
  for (const half of ["work", "judged"] as const) {
    const texts = corpusOf(half);
    expect(new Set(texts.map(({ library }) => library)).size).toBeGreaterThanOrEqual(25);
    for (const { text, secrets } of texts) expect(toldPart(text, secrets), text).toBeDefined();
  }
  expect(corpusOf("harmless").length).toBeGreaterThanOrEqual(40);
});

test("twice is once, for every text", () => {
  for (const half of ["work", "judged", "harmless"] as const) {
    for (const { text } of corpusOf(half)) {
      const once = redactText(text);
      expect(redactText(once)).toBe(once);
    }
  }
});

test("a part of a secret tells it, and white space is no change", () => {
  const entry = { library: "x", version: "1", text: "a  hunter2x", secrets: ["hunter2x"] };
  expect(leaks([entry], (text) => text.slice(0, -2))).toHaveLength(1);
  expect(leaks([entry], (text) => text.slice(0, -4))).toHaveLength(0);
  expect(changed([entry], (text) => text.replace("  ", " "))).toHaveLength(0);
  expect(changed([entry], () => "")).toHaveLength(1);
});

test("by default at least 95 of 100 judged texts tell nothing, of templates all, and no harmless text is changed", () => {
  const judged = corpusOf("judged");
  const template = templatesWith(undefined, redactText);
  expect(1 - leaks(judged, redactText).length / judged.length).toBeGreaterThanOrEqual(0.95);
  expect(leaks([...judged, ...corpusOf("work")], template)).toEqual([]);
  expect(changed(corpusOf("harmless"), redactText)).toEqual([]);
});
