// The table of metrics: what documentation and conventions say of it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { type Instrument, SERIES } from "../../src/health/instruments.ts";

const PAGE = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
/** What is read at the moment of a collection, and counted nowhere. */
const LEVELS = ["fragments_live", "spans_queued", "trees_pending"];

/** A row of the documentation. */
interface Row {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  /** Attribute and values, as the page writes them. */
  readonly by: string;
  readonly counts: readonly string[];
}

function documented(): Row[] {
  return PAGE.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, name = "", kind = "", unit = "", by = "", counts = ""] = cells;
    if (cells.length !== 8 || !name.startsWith("`error_tree.")) return [];
    return [{ name: bare(name), kind, unit: bare(unit), by, counts: namesIn(counts) }];
  });
}

function bare(text: string): string {
  return text.replaceAll("`", "");
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
}

function implemented(): Row[] {
  const series = new Map<Instrument, [name: string, attributes: Readonly<Record<string, string>>][]>();
  for (const [name, { instrument, attributes }] of Object.entries(SERIES)) {
    series.set(instrument, [...(series.get(instrument) ?? []), [name, attributes]]);
  }
  return [...series].map(([{ name, kind, unit }, all]) => ({
    name,
    kind,
    unit,
    by: byOf(all.map(([, attributes]) => attributes)),
    counts: all.map(([count]) => count).filter((count) => !LEVELS.includes(count)),
  }));
}

function byOf(attributes: readonly Readonly<Record<string, string>>[]): string {
  const keys = new Set(attributes.flatMap((each) => Object.keys(each)));
  expect(keys.size).toBeLessThan(2);
  const [key] = keys;
  if (key === undefined) return "";
  const values = attributes.map((each) => (each[key] === undefined ? "none" : `\`${each[key]}\``));
  return `\`${key}\`: ${values.join(", ")}`;
}

const byName = (one: Row, other: Row): number => (one.name < other.name ? -1 : 1);

test("docs/metrics.md lists exactly the instruments of the table, with kind, unit, attributes and counts", () => {
  expect(documented().sort(byName)).toEqual(implemented().sort(byName));
});

test("docs/metrics.md says how many series there are", () => {
  expect(PAGE).toContain(`${Object.keys(SERIES).length} series per process`);
});

test("what docs/metrics.md alerts on is a metric of the table", () => {
  const names = new Set(implemented().map(({ name }) => name));
  const [, section = ""] = PAGE.split("## What to alert on");
  const told = namesIn(section.split("\n## ")[0] ?? "").filter((name) => /^error_tree\.[a-z_.]+$/.test(name));
  expect(told.length).toBeGreaterThan(10);
  expect(told.filter((name) => !names.has(name))).toEqual([]);
});

test("names and units are such as the conventions want them", () => {
  for (const { name, unit } of implemented()) {
    expect(name).toMatch(/^error_tree(\.[a-z]+(_[a-z]+)*)+$/);
    expect(unit).toMatch(/^(By|\{[a-z]+\})$/);
  }
});

test("no two series are one and the same, and no name is an instrument's and the beginning of another's", () => {
  const keys = Object.values(SERIES).map(({ instrument, attributes }) => [instrument.name, attributes]);
  expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
  const names = [...new Set(Object.values(SERIES).map(({ instrument }) => instrument))].map(
    ({ name }) => name,
  );
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(names.filter((other) => other.startsWith(`${name}.`))).toEqual([]);
});

test("everything that goes as it should has a series", () => {
  const active = Object.keys(new HealthCounts().activity);
  expect(active.filter((name) => !(name in SERIES))).toEqual([]);
});
