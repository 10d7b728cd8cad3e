// `npm run api` writes docs/api.md, the public API as dist/ has it. With `--check` it writes nothing, and fails if the page differs.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CONFIG = fileURLToPath(new URL("api-extractor.json", import.meta.url));
/** Where the configuration has the report written. */
const FOLDER = join(ROOT, ".tools", "api");
const PAGE = join(ROOT, "docs", "api.md");

const INTRODUCTION = `# Public API

What \`import { … } from "otel-error-tree"\` has. Written by \`npm run api\` from the built declarations; \`npm run check\` fails if they
differ, so that no change of the API goes unnoticed.
`;

mkdirSync(FOLDER, { recursive: true });
const program = join(
  dirname(createRequire(import.meta.url).resolve("@microsoft/api-extractor/package.json")),
  "bin",
  "api-extractor",
);
const extractor = spawnSync(process.execPath, [program, "run", "--local", "--config", CONFIG], {
  encoding: "utf8",
});
if (extractor.status !== 0) throw new Error(extractor.stdout + extractor.stderr);

const report = readFileSync(join(FOLDER, "new", "api.api.md"), "utf8");
const page = `${INTRODUCTION}\n${report.slice(report.indexOf("```ts"))}`;
if (!process.argv.includes("--check")) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, "utf8") !== page) {
  process.stderr.write(
    "docs/api.md is not the public API any more. Run `npm run api`, look at the difference and commit it.\n",
  );
  process.exitCode = 1;
}
