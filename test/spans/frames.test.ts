// Stack traces of V8 as compiled programs have them: under tsx, and bundled with `--enable-source-maps`.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { framesOf } from "../../src/spans/frames.ts";

const PROGRAM = fileURLToPath(new URL("frames/program.ts", import.meta.url));
const FOLDER = fileURLToPath(new URL("frames", import.meta.url));
const run = promisify(execFile);

/** The innermost frames of each error. */
const INNERMOST: Readonly<Record<string, readonly string[]>> = {
  arrow: ["program.ts:22:9"],
  callback: ["program.ts:26:11", "program.ts:25:7"],
  async: ["pay (program.ts:18:9)", "async program.ts:30:3"],
  all: ["pay (program.ts:18:9)"],
  executor: ["program.ts:37:13", "program.ts:36:5"],
  parse: ["program.ts:40:35"],
  eval: ["program.ts:42:40"],
};

async function expectFrames(options: readonly string[], file: string): Promise<void> {
  const { stdout } = await run(process.execPath, [...options, file]);
  const stacks = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(stacks)).toEqual(Object.keys(INNERMOST));
  for (const [name, innermost] of Object.entries(INNERMOST)) {
    expect(framesOf(stacks[name], FOLDER).slice(0, innermost.length), name).toEqual(innermost);
  }
}

describe("frames of a compiled program are those of its sources", () => {
  test("under tsx", async () => {
    await expectFrames(["--import", "tsx"], PROGRAM);
  });

  test("bundled, with --enable-source-maps", async () => {
    const folder = await mkdtemp(join(tmpdir(), "frames-"));
    const outfile = join(folder, "program.mjs");
    await build({ entryPoints: [PROGRAM], outfile, sourcemap: true, format: "esm", logLevel: "silent" });
    await expectFrames(["--enable-source-maps"], outfile).finally(() => rm(folder, { recursive: true }));
  });

  test("with its types stripped by Node", async () => {
    await expectFrames([], PROGRAM);
  });
});

describe("a frame is told by its place", () => {
  test.each([
    ["at pay (/app/a.js:3:9)", "pay (a.js:3:9)"],
    ["at <anonymous> (/app/a.ts:3:9)", "a.ts:3:9"],
    ["at async <anonymous> (file:///app/a.ts:3:9)", "async a.ts:3:9"],
    ["at Object.<anonymous> (/app/a.js:3:9)", "Object.<anonymous> (a.js:3:9)"],
    ["at Shop.<anonymous> [as pay] (/app/(shop)/a.js:3:9)", "Shop.<anonymous> [as pay] ((shop)/a.js:3:9)"],
    ["at /app/(shop)/a.js:3:9", "(shop)/a.js:3:9"],
    ["at load (/app/native/node:20/a.js:3:9)", "load (native/node:20/a.js:3:9)"],
    ["at eval (webpack-internal:///(rsc)/./a.ts:3:9)", "eval (webpack-internal:///(rsc)/./a.ts:3:9)"],
    ["at node_modules_pay (/app/a.js:3:9)\r", "node_modules_pay (a.js:3:9)"],
  ])("%s", (line, frame) => {
    expect(framesOf(`Error: no\n    ${line}\n`, "/app")).toEqual([frame]);
  });

  test.each([
    "at Array.map (<anonymous>)",
    "at eval (eval at pay (/app/a.js:3:9), <anonymous>:1:7)",
    "at async Promise.all (index 0)",
    "at next (/app/node_modules/router/index.js:3:9)",
    "at next (C:\\app\\node_modules\\router\\index.js:3:9)",
    "at node:internal/main:3:9",
    "at async node:internal/main:3:9",
    "at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "at async ext:core/01_core.js:3:9",
    `at ${"(".repeat(9_000)}/app/a.js:3:9)${")".repeat(7_000)}`,
  ])("%s is no frame of the program", (line) => {
    expect(framesOf(`Error: no\n    ${line}`, "/app")).toEqual([]);
  });
});
