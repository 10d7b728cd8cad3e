// docs/architecture.md names files, functions and folders that are there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const PAGE = read("docs/architecture.md");

/** The reading order: each file, and the names that its entry mentions. */
const STEPS = [...PAGE.matchAll(/^\d\. `(src\/[^`]+)`: ((?:.|\n {3})+)/gm)].map(
  ([, file = "", text = ""]) => ({
    file,
    names: [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  }),
);

test("every path on the page is there", () => {
  const paths = [...PAGE.matchAll(/`((?:src|test|examples|collector-config)\/[^`]*)`/g)].map(
    ([, path]) => path,
  );
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path = "") => !existsSync(new URL(path, ROOT)))).toEqual([]);
});

test("every folder of src has a row", () => {
  const folders = readdirSync(new URL("src/", ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}`);
  const rows = [...PAGE.matchAll(/^\| `(src\/\w+)` \|/gm)].map(([, folder]) => folder);
  expect(rows.toSorted()).toEqual(folders.toSorted());
});

test("every folder imports no other ones than its row says", () => {
  const wrong: string[] = [];
  for (const [, folder = "", imports = ""] of PAGE.matchAll(/^\| `src\/(\w+)` \|[^|]*\|([^|]*)\|$/gm)) {
    const allowed = [folder, ...imports.trim().split(", ")];
    for (const path of readdirSync(new URL(`src/${folder}/`, ROOT), { recursive: true, encoding: "utf8" })) {
      if (!/\.tsx?$/.test(path)) continue;
      const file = new URL(`src/${folder}/${path}`, ROOT);
      for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
        const [, to = "", rest] = /\/src\/([^/]+)(\/.*)?$/.exec(new URL(from, file).pathname) ?? [];
        if (rest !== undefined && !allowed.includes(to)) wrong.push(`${folder} imports ${to}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("one failing request is told in eight files", () => {
  expect(STEPS).toHaveLength(8);
});

describe.each(STEPS)("$file", ({ file, names }) => {
  test("has what the reading order names", () => {
    expect(names.filter((name) => !read(file).includes(name))).toEqual([]);
  });
});

test("every word that the page sends to the glossary is there", () => {
  const [, words = ""] = /The words ((?:.|\n)*?) are explained/.exec(PAGE) ?? [];
  const rows = [...read("docs/glossary.md").matchAll(/^\| ([\w ]+) \|/gm)].map(([, word]) => word);
  const named = words.replaceAll("*", "").split(/,\s*|\s+and\s+/);
  expect(named).toHaveLength(10);
  expect(named.filter((word) => !rows.includes(word))).toEqual([]);
});
