// docs/options.md and the comments of the options say what the code does; no page names an option that is none.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { variableOf } from "../../src/options/environment.ts";
import type { OptionType } from "../../src/options/option-types.ts";
import { type ErrorTreeOptions, knownVariables, OPTIONS } from "../../src/options/options.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/options.md");
const SOURCE = read("src/options/options.ts");

const NAMES = Object.keys(OPTIONS) as (keyof ErrorTreeOptions)[];

/** The text beneath the heading of an option. */
function section(name: string): string {
  return PAGE.split(`\n### \`${name}\`\n`)[1]?.split(/\n##+ /)[0] ?? "";
}

/** The comment of an option in one line. */
function comment(name: string): string {
  const [before] = SOURCE.split(`  readonly ${name}?: `);
  return (before?.split("/**").at(-1) ?? "").replace(/\s+\*?\s*/g, " ");
}

function typeOf(name: keyof ErrorTreeOptions): OptionType<unknown> {
  return OPTIONS[name];
}

function defaultOf(name: keyof ErrorTreeOptions): string {
  const { fallback } = typeOf(name);
  return fallback === undefined ? "absent" : String(fallback);
}

function variablesIn(text: string): string[] {
  return [...new Set(text.match(/OTEL_ERROR_TREE_[A-Z_]+/g))].sort();
}

test("there are no more than twenty-two options: eighteen, three of what is kept, redacted as a whole, and saved from a crash, and good traces", () => {
  expect(NAMES.length).toBeLessThanOrEqual(22);
});

test("the page has a section for every option, and for nothing else", () => {
  const sections = [...PAGE.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name);
  expect(sections.toSorted()).toEqual(NAMES.toSorted());
});

test("the page names every variable, and no other", () => {
  expect(variablesIn(PAGE)).toEqual(knownVariables().toSorted());
});

describe.each(NAMES)("%s", (name) => {
  const type = typeOf(name);
  const variable = type.fromText === undefined ? undefined : variableOf(name);

  test("has its variable, its values and its default on the page", () => {
    const facts = [
      `- Variable: ${variable === undefined ? "none" : `\`${variable}\``}`,
      `- Value: ${type.expected}`,
      `- Default: ${defaultOf(name)}`,
    ];
    expect(section(name)).toContain(`\n${facts.join("\n")}\n`);
  });

  test("has a comment with a sentence, its variable, its least value and its default", () => {
    const text = comment(name);
    expect(text).toMatch(/^ [A-Z].*\. .*@default /);
    expect(variablesIn(text)[0]).toBe(variable);
    expect(text).toContain(`@default ${defaultOf(name)} `);
    const least = /(?:integer from|at least) (\d+)/.exec(type.expected)?.[1];
    if (least !== undefined) expect(text).toMatch(new RegExp(`at least ${least}\\b|, ${least} to \\d`));
  });

  test("has its unit in comment and page, if its name ends in one", () => {
    const unit = name.endsWith("Ms") ? "in milliseconds" : name.endsWith("Bytes") ? "in bytes" : "";
    expect(comment(name)).toContain(unit);
    expect(section(name)).toContain(unit);
  });
});

test("the page shows five options first, with the variable and the default of each", () => {
  const table = PAGE.split("\n## The five that matter most\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...table.matchAll(/^\| `(\w+)` \| `(\w+)` \| ([^|]*)\|/gm)];
  expect(rows).toHaveLength(5);
  for (const [, name, variable, shown = ""] of rows) {
    const known = NAMES.find((one) => one === name);
    if (known === undefined) expect.unreachable(`${name} is no option`);
    expect(variable).toBe(variableOf(known));
    const value = defaultOf(known);
    expect(shown.replaceAll("`", "").trim()).toMatch(value === "absent" ? /^(?:nobody)?$/ : value);
  }
});

test("no document names an option that does not exist", () => {
  const pages = readdirSync(new URL("../../docs/", import.meta.url)).filter((name) => name.endsWith(".md"));
  for (const path of ["README.md", ...pages.map((name) => `docs/${name}`)]) {
    const unknown = variablesIn(read(path)).filter((name) => !knownVariables().includes(name));
    expect(unknown).toEqual([]);
  }
});
