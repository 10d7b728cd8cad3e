// Installs the frameworks, each in a folder of its own, and makes their programs.
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { printProgress } from "../../collector-config/program/print.ts";
import type { Undo } from "../../collector-config/program/undo.ts";
import { install } from "../support/installed/install.ts";
import { ROWS, type Row } from "./rows.ts";

const run = promisify(execFile);

/** The command of Next.js. */
export const NEXT = "node_modules/next/dist/bin/next";

/** Folders with everything installed, and the programs made; each once. */
export class Folders {
  readonly #undo: Undo;
  readonly #made = new Map<string, string>();

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  async of(row: Pick<Row, "name" | "folder" | "isNext">): Promise<string> {
    const made = this.#made.get(row.folder);
    if (made !== undefined) return made;
    printProgress(`installing ${row.name} and the packed library`);
    const folder = await install({ from: new URL(`./${row.folder}/`, import.meta.url), undo: this.#undo });
    this.#made.set(row.folder, folder);
    for (const file of ["pay.mjs", "otel.mjs"]) {
      cpSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
    }
    if (row.isNext) await buildNext(folder);
    else if (ROWS.some((one) => one.folder === row.folder)) await bundle(folder);
    return folder;
  }
}

/** Twice: as it is, and by hand. */
async function buildNext(folder: string): Promise<void> {
  for (const isByHand of [false, true]) {
    if (isByHand) cpSync(join(folder, "by-hand"), folder, { recursive: true });
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      NEXT_TELEMETRY_DISABLED: "1",
      BY_HAND: isByHand ? "yes" : "no",
    };
    await run(process.execPath, [NEXT, "build"], { cwd: folder, env });
  }
}

/** The program in CommonJS. */
async function bundle(folder: string): Promise<void> {
  await build({
    entryPoints: [join(folder, "app.mjs")],
    outfile: join(folder, "app.cjs"),
    bundle: true,
    packages: "external",
    format: "cjs",
    platform: "node",
    logLevel: "silent",
  });
}
