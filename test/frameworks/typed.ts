// Compiles the program `typed.mts` of a folder, which gives an adapter to its framework, with the framework's own types.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** By the names of their columns: packages of test/frameworks/typescript. */
export const COMPILERS = { "TypeScript 5.9": "typescript5", "TypeScript 7.0": "typescript7" } as const;

export type Compiler = keyof typeof COMPILERS;

// Declarations of the frameworks themselves are theirs; ours are checked by `npm run compat`.
const STRICT = [
  ...["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022"],
  ...["--module", "nodenext", "--types", "node", "--skipLibCheck", "--noEmit"],
];

/** Returns what is wrong; nothing if it compiles. `tools` has the compilers. */
export async function compile(folder: string, compiler: Compiler, tools: string): Promise<string[]> {
  const tsc = join(tools, "node_modules", COMPILERS[compiler], "bin/tsc");
  try {
    await run(process.execPath, [tsc, ...STRICT, "typed.mts"], { cwd: folder });
    return [];
  } catch (error) {
    const { stdout = "" } = error as { stdout?: string };
    return [stdout.trim().slice(0, 2_000) || String(error)];
  }
}
