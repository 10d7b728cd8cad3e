// Installs the packed library in a folder of its own, beside what a manifest pins: as users have it.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const MOST_OUTPUT_BYTES = 64 << 20;

/** What is installed, and where it comes from. */
export interface InstallOptions {
  /**
   * A folder that is copied whole: package.json, in which every version is pinned, and programs. Without it the library is alone
   * in an empty folder.
   */
  readonly from?: URL;
  /** Further packages, each as `name@version`. */
  readonly packages?: readonly string[];
  /** False if the library itself is not wanted, as in a folder of tools. @default true */
  readonly library?: boolean;
  /** True if packages may run their install scripts, as `node` has to. @default false */
  readonly scripts?: boolean;
  /** Removes the folder at the end. */
  readonly undo: Undo;
}

/**
 * Installs it, and returns the path of the folder. What npm has in its cache is not loaded again. `npm run build` comes before.
 */
export async function install(options: InstallOptions): Promise<string> {
  const { from, packages = [], library = true, scripts = false, undo } = options;
  const folder = temporaryFolder("installed", undo);
  if (from === undefined) writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  else cpSync(fileURLToPath(from), folder, { recursive: true });
  const wanted = library ? [await pack(undo), ...packages] : packages;
  const flags = ["--loglevel=error", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
  await npm(["install", ...flags, ...(scripts ? [] : ["--ignore-scripts"]), ...wanted], folder);
  return folder;
}

/** Packs the library as it was built; returns the path of the tarball. */
async function pack(undo: Undo): Promise<string> {
  const folder = temporaryFolder("packed", undo);
  const out = await npm(["pack", "--silent", "--pack-destination", folder], REPOSITORY);
  return join(folder, out.trim().split("\n").at(-1) as string);
}

/** A folder outside of the repository: what is in `node_modules` here is not found from there. */
function temporaryFolder(name: string, undo: Undo): string {
  undo.assertNotOver();
  const folder = mkdtempSync(join(tmpdir(), `error-tree-${name}-`));
  void undo.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run("npm", [...args], { cwd, maxBuffer: MOST_OUTPUT_BYTES });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new RunError(`npm ${args[0]} failed: ${(stderr || message).trim()}`);
  }
}
