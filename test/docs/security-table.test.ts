// The threat table of docs/security.md: every test that it names exists, and runs.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

interface Row {
  readonly threat: string;
  /** Names of tests by file. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
  readonly programs: readonly string[];
}

function rows(): Row[] {
  const [, table = ""] = read("docs/security.md").split("\n## Threats\n");
  const lines = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| threat |"));
  return lines.map((line) => {
    const [threat = "", , proof = ""] = line.slice(2, -2).split(" | ");
    const tests = new Map<string, string[]>();
    for (const [, file = "", names = ""] of proof.matchAll(/`(test\/[^`]+)`((?:[^`"]*"[^"]*")+)/g)) {
      tests.set(
        file,
        [...names.matchAll(/"([^"]*)"/g)].map(([, name]) => name as string),
      );
    }
    return {
      threat,
      tests,
      programs: [...proof.matchAll(/`npm run ([\w:]+)`/g)].map(([, name]) => name as string),
    };
  });
}

/** True where a source has a test or a group of that name that is not skipped for good. */
function hasTest(source: string, name: string): boolean {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?:\\b(?:test|it|describe)(?:\\.each)?|[\\])])\\(\\s*["']${literal}["']`).test(source);
}

const ROWS = rows();

test("the table has a row for every threat of this list", () => {
  const threats = ROWS.map(({ threat }) => threat).join("\n");
  for (const named of [
    ...[
      "spoofed ask",
      "replayed ask",
      "replayed or cached answer",
      "hostile tree",
      "header smuggling",
      "log injection",
    ],
    ...[
      "memory bomb",
      "CPU bomb",
      "token guessing",
      "timing",
      "header-copying gateway",
      "local reverse proxy",
    ],
    ...["third-party host", "`from`", "prototype pollution", "terminal escape sequences"],
  ]) {
    expect(threats).toContain(named);
  }
});

describe("the row", () => {
  test.each(ROWS.map((row) => [row.threat, row] as const))(
    "%s names tests that exist",
    (_, { tests, programs }) => {
      expect(tests.size).toBeGreaterThan(0);
      for (const [file, names] of tests) {
        expect(existsSync(new URL(file, ROOT)), file).toBe(true);
        const source = read(file);
        for (const name of names) expect(hasTest(source, name), `${file}: ${name}`).toBe(true);
      }
      for (const program of programs) expect(scripts).toHaveProperty([program]);
    },
  );
});

test("a test that is not there is missed", () => {
  const source =
    'test("one", f);\ntest.each([\n])(\n  "two %s", f);\ndescribe.each(x)("three", f);\ntest.skip("four", f); // "five"';
  expect(["one", "two %s", "three", "four", "five", "on"].map((name) => hasTest(source, name))).toEqual([
    ...[true, true, true, false, false, false],
  ]);
});
