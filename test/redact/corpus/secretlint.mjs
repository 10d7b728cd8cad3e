// Scores `@secretlint/secretlint-rule-preset-recommend` on the same texts; see README.md beside it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { leaks } from "./score.ts";

const require = createRequire(join(resolve(process.argv[2] ?? "."), "index.js"));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { lintSource } = await load("@secretlint/core");
const { creator: rule } = await load("@secretlint/secretlint-rule-preset-recommend");
const config = { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule }] };

for (const half of ["work", "judged", "harmless"]) {
  const lines = readFileSync(new URL(`${half}.jsonl`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  const texts = lines.map((line) => JSON.parse(line));
  const masked = new Map();
  for (const { text } of texts) {
    const source = { content: text, filePath: "/error.txt", ext: ".txt", contentType: "text" };
    const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
    let out = text;
    for (const { range } of messages.toSorted((a, b) => b.range[0] - a.range[0])) {
      out = `${out.slice(0, range[0])}[redacted]${out.slice(range[1])}`;
    }
    masked.set(text, out);
  }
  const told = leaks(texts, (text) => masked.get(text)).length;
  const reported = [...masked].filter(([text, out]) => text !== out).length;
  process.stdout.write(
    `${half}: nothing told in ${texts.length - told} of ${texts.length}, ${reported} reported\n`,
  );
}
