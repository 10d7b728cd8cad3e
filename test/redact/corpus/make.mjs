// Makes the corpus of error texts by running real libraries with made values; see README.md beside it.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as auth from "./sources/auth.mjs";
import * as databases from "./sources/databases.mjs";
import * as harmless from "./sources/harmless.mjs";
import * as http from "./sources/http.mjs";
import * as parsers from "./sources/parsers.mjs";
import * as programs from "./sources/programs.mjs";
import * as shells from "./sources/shells.mjs";
import * as validators from "./sources/validators.mjs";
import { randomOf, Values } from "./values.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "17" }, out: { type: "string" }, postgres: { type: "string" } },
});
const folder = resolve(positionals[0] ?? ".");
const require = createRequire(join(folder, "index.js"));
const seed = Number(options.seed);
const entries = [];
const skipped = [];

/** A part of a secret that is as long as this tells it. */
const TELLING = 5;

/** Loads a library of the folder, and of Node.js itself. */
async function load(name) {
  const found = await import(name.startsWith("node:") ? name : pathToFileURL(require.resolve(name)).href);
  // A CommonJS module may show its names on its default export alone.
  return typeof found.default === "object" || typeof found.default === "function"
    ? { ...found.default, ...found, default: found.default }
    : found;
}

function versionOf(library) {
  if (library.startsWith("node:")) return process.version.slice(1);
  const manifest = join(folder, "node_modules", library, "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

function flat(error) {
  if (typeof error === "string") return error;
  const inner = error instanceof AggregateError ? error.errors.map((one) => one.message).join("; ") : "";
  return error.message || inner || String(error);
}

/** Runs `run`, and keeps the text of the error that it throws, rejects with or returns. */
async function record(library, run, more = {}) {
  const key = createHash("sha256").update(`${seed}:${library}:${run}`).digest();
  const values = new Values(randomOf(key.readUInt32LE(0)));
  let text;
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(reject, 8000, new Error("no answer in time"));
    });
    text = flat(await Promise.race([run(values), late]));
  } catch (error) {
    text = flat(error ?? "nothing");
  } finally {
    clearTimeout(timer);
  }
  // Ports and folders of this run are no part of the message.
  text = text.replaceAll(folder, "/app").slice(0, 4000);
  const secrets = [...new Set(values.secrets.flatMap((secret) => told(text, secret)))];
  const keep = more.harmless === true;
  if (keep !== (secrets.length === 0)) return void skipped.push(`${library}: ${text.slice(0, 120)}`);
  entries.push({ library, version: versionOf(library), text, secrets, ...(keep ? { harmless: true } : {}) });
}

/** How a text tells a secret: as it is, encoded, or its longest part. */
function told(text, secret) {
  const spellings = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const found = spellings.find((one) => text.includes(one));
  if (found !== undefined) return [found];
  for (let length = secret.length - 1; length >= TELLING; length--) {
    for (let start = 0; start + length <= secret.length; start++) {
      const part = secret.slice(start, start + length);
      if (text.includes(part)) return [part];
    }
  }
  return [];
}

/** The half that rules are written with, or the one that judges them: decided by the text before any rule was. */
function halfOf({ library, text, secrets }) {
  let rest = text;
  for (const secret of secrets) rest = rest.replaceAll(secret, "");
  const digest = createHash("sha256")
    .update(`${library}\n${rest.replace(/[0-9]/g, "")}`)
    .digest();
  return (digest[0] & 1) === 0 ? "work" : "judged";
}

process.on("uncaughtException", (error) => skipped.push(`uncaught: ${flat(error)}`));
process.on("unhandledRejection", (error) => skipped.push(`unhandled: ${flat(error ?? "")}`));
for (const [name, { run }] of Object.entries({
  validators,
  parsers,
  http,
  databases,
  shells,
  auth,
  programs,
  harmless,
})) {
  try {
    await run({ load, record, postgres: options.postgres, folder });
  } catch (error) {
    skipped.push(`${name} stopped: ${error.stack}`);
  }
}

const seen = new Set();
const unique = entries.filter(({ text }) => !seen.has(text) && seen.add(text));
for (const half of ["work", "judged"]) {
  const some = unique.filter((entry) => !entry.harmless && halfOf(entry) === half);
  write(`${half}.jsonl`, some);
}
write(
  "harmless.jsonl",
  unique.filter((entry) => entry.harmless),
);
process.stderr.write(`${skipped.map((line) => `left out: ${line}\n`).join("")}`);
process.stderr.write(
  `${unique.length} texts of ${new Set(unique.map(({ library }) => library)).size} libraries\n`,
);
process.exit(0);

function write(file, list) {
  if (options.out === undefined) return;
  writeFileSync(join(resolve(options.out), file), list.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}
