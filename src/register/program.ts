// Knows the program that is started: where its modules are found, and what it is called.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { programFile } from "../setup/program-file.ts";

/** The file that the program starts with, or one that would stand in the current folder. */
function entryFile(): string {
  const file = programFile();
  return file === undefined ? join(process.cwd(), "[eval]") : resolve(file);
}

const PACKAGE_MANAGERS = /^(?:np[mx](?:-cli)?|yarn(?:-\d.*)?|p?npm|pnpx|corepack)(?:\.[cm]?js)?$/;

/** True for npm and the like, which run the program as another process: NODE_OPTIONS reaches both. */
export function isPackageManager(): boolean {
  return PACKAGE_MANAGERS.test(basename(programFile() ?? ""));
}

/** Finds modules as the program would: from its own folder. */
export function programRequire(): NodeJS.Require {
  return createRequire(entryFile());
}

/** The name in the nearest package.json above the program; `undefined` if there is none. */
export function packageName(): string | undefined {
  let folder = dirname(entryFile());
  for (;;) {
    try {
      const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
      if (typeof name === "string" && name !== "") return name;
    } catch {
      // None here, or none that can be read.
    }
    const above = dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
}
