// Traces as their producers write them, and what people have in hand that is none: what render says of each.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";

const CORPUS = new URL("corpus/", import.meta.url);
const FILES = readdirSync(CORPUS, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== "README.md")
  .map(({ name }) => name);
const PAGE = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

describe("of each file of the corpus render says what stands beside it", () => {
  test.each(FILES)("%s", async (file) => {
    const input = readFileSync(new URL(file, CORPUS));
    const { code, out, err } = await runCli(["render", "--all"], input);
    // Nothing readable is never "nothing failed".
    expect(code).toBe(file.startsWith("refused-") ? 2 : 0);
    if (code === 2) expect(out).toBe("");
    const said = [out, err].filter((text) => text !== "").join("\n\n");
    await expect(`${said}\n`).toMatchFileSnapshot(new URL(`expected/${file}.txt`, CORPUS).pathname);
  });
});

describe("the tables of formats in docs/cli.md", () => {
  const rows = [...PAGE.matchAll(/^\|.*\| ((?:`[\w.-]+`(?:, )?)+) \|$/gm)].flatMap(([, cells = ""]) =>
    [...cells.matchAll(/`([\w.-]+)`/g)].map(([, file = ""]) => file),
  );

  test("name every file of the corpus, and no other", () => {
    expect(rows.toSorted()).toEqual(FILES.toSorted());
  });
});

test("files of one trace from several producers join by their ids", async () => {
  const path = (file: string) => new URL(file, CORPUS).pathname;
  const { out } = await runCli([
    "render",
    "-f",
    "json",
    path("otlp-python.pb"),
    path("otlp-python-protojson.json"),
    path("zipkin-otel-python.json"),
  ]);
  expect(JSON.parse(out)).toHaveLength(1);
});
