// `npm run e2e:frameworks`: a failing request of every web framework, as users write their services, from the packed library.
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { print, printPassing, printProgress } from "../../collector-config/program/print.ts";
import { runProgram } from "../../collector-config/program/run-program.ts";
import type { Undo } from "../../collector-config/program/undo.ts";
import { install } from "../support/installed/install.ts";
import { aligned } from "../support/table.ts";
import { prove } from "./prove.ts";
import { ROWS, type Row } from "./rows.ts";

const run = promisify(execFile);
const COLUMNS = ["register, ESM", "register, CommonJS", "by hand, ESM", "by hand, CommonJS"];

const USAGE = `Usage: npm run e2e:frameworks -- [options]

Installs the packed library beside each web framework, and runs two services that fail, as ES modules and as CommonJS, under
otel-error-tree/register and by hand with the adapter. Every node of the answer must have type, message, frame and route.

  --only TEXT  only frameworks whose names hold it, such as "Express 5"
  --help       print this

Exit code 1 if a cell fails.
`;

await runProgram({
  name: "e2e:frameworks",
  usage: USAGE,
  options: { only: { type: "string", default: "" } },
  verdict: "every cell holds",
  run: ({ only }, undo) => runRows(only, undo),
});

async function runRows(only: string, undo: Undo): Promise<string[]> {
  const problems: string[] = [];
  const table = [["", ...COLUMNS]];
  for (const row of ROWS.filter(({ name }) => name.includes(only))) {
    printProgress(`installing ${row.name} and the packed library`);
    const folder = await prepare(row, undo);
    const cells: string[] = [];
    for (const column of COLUMNS) {
      printPassing(`${row.name}, ${column}`);
      const isByHand = column.startsWith("by hand");
      // Next.js makes of a program what it wants, and takes no adapter.
      if (row.isNext && column !== COLUMNS[0]) {
        cells.push("");
        continue;
      }
      const file = column.endsWith("ESM") ? "app.mjs" : "app.cjs";
      const program = join(folder, row.isNext ? "node_modules/next/dist/bin/next" : file);
      const wrong = await prove({ row, folder, program, isByHand }, undo);
      cells.push(wrong.length === 0 ? "✔" : "✘");
      problems.push(...wrong.map((problem) => `${row.name}, ${column}: ${problem}`));
    }
    table.push([row.name, ...cells]);
  }
  print(`\n${aligned(table, "texts")}`);
  return problems;
}

/** The folder with everything installed, and the programs made. */
async function prepare({ folder: name, isNext }: Row, undo: Undo): Promise<string> {
  const folder = await install({ from: new URL(`./${name}/`, import.meta.url), undo });
  for (const file of ["pay.mjs", "otel.mjs"]) {
    cpSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
  }
  if (isNext) {
    const env = { PATH: process.env.PATH, HOME: folder, NEXT_TELEMETRY_DISABLED: "1" };
    await run(process.execPath, ["node_modules/next/dist/bin/next", "build"], { cwd: folder, env });
    return folder;
  }
  await build({
    entryPoints: [join(folder, "app.mjs")],
    outfile: join(folder, "app.cjs"),
    bundle: true,
    packages: "external",
    format: "cjs",
    platform: "node",
    logLevel: "silent",
  });
  return folder;
}
