// `npm run e2e:frameworks`: a failing request of every web framework, as users write their services, from the packed library.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { print, printPassing, printProgress } from "../../collector-config/program/print.ts";
import { runProgram } from "../../collector-config/program/run-program.ts";
import type { Undo } from "../../collector-config/program/undo.ts";
import { install } from "../support/installed/install.ts";
import { aligned } from "../support/table.ts";
import { Folders, NEXT } from "./folders.ts";
import { prove } from "./prove.ts";
import { PEERS, ROWS } from "./rows.ts";
import { COMPILERS, type Compiler, compile } from "./typed.ts";

const COLUMNS = ["register, ESM", "register, CommonJS", "by hand, ESM", "by hand, CommonJS"];

const USAGE = `Usage: npm run e2e:frameworks -- [options]

Installs the packed library beside each web framework, and runs two services that fail, as ES modules and as CommonJS, under
otel-error-tree/register and by hand with the adapter. Every node of the answer must have type, message, frame, cause and route.
Then it compiles a program for each adapter, and for gRPC and ConnectRPC, with the framework's own types.

  --only TEXT  only frameworks whose names hold it, such as "Express 5"
  --help       print this

Exit code 1 if a cell fails.
`;

await runProgram({
  name: "e2e:frameworks",
  usage: USAGE,
  options: { only: { type: "string", default: "" } },
  verdict: "every cell holds",
  run: async ({ only }, undo) => {
    const folders = new Folders(undo);
    return [...(await runRows(only, folders, undo)), ...(await compileRows(only, folders, undo))];
  },
});

async function runRows(only: string, folders: Folders, undo: Undo): Promise<string[]> {
  const problems: string[] = [];
  const table = [["", ...COLUMNS]];
  for (const row of ROWS.filter(({ name }) => name.includes(only))) {
    const folder = await folders.of(row);
    const cells: string[] = [];
    for (const column of COLUMNS) {
      printPassing(`${row.name}, ${column}`);
      // Next.js makes of a program what it wants.
      if (row.isNext && column.endsWith("CommonJS")) {
        cells.push("");
        continue;
      }
      const file = column.endsWith("ESM") ? "app.mjs" : "app.cjs";
      const program = join(folder, row.isNext ? NEXT : file);
      const wrong = await prove({ row, folder, program, isByHand: column.startsWith("by hand") }, undo);
      cells.push(markOf(wrong));
      problems.push(...wrong.map((problem) => `${row.name}, ${column}: ${problem}`));
    }
    table.push([row.name, ...cells]);
  }
  print(`\n${aligned(table, "texts")}`);
  return problems;
}

async function compileRows(only: string, folders: Folders, undo: Undo): Promise<string[]> {
  printProgress("installing compilers");
  const tools = await install({ from: new URL("./typescript/", import.meta.url), library: false, undo });
  const problems: string[] = [];
  const compilers = Object.keys(COMPILERS) as Compiler[];
  const table = [["types", ...compilers]];
  const rows = [...ROWS, ...PEERS].filter(
    ({ name, folder }) =>
      name.includes(only) && existsSync(new URL(`./${folder}/typed.mts`, import.meta.url)),
  );
  // Rows that share a folder share its program.
  for (const row of new Map(rows.map((one) => [one.folder, one])).values()) {
    const folder = await folders.of(row);
    const cells: string[] = [];
    for (const compiler of compilers) {
      printPassing(`${row.name}, ${compiler}`);
      const wrong = await compile(folder, compiler, tools);
      cells.push(markOf(wrong));
      problems.push(...wrong.map((problem) => `${row.name}, ${compiler}: ${problem}`));
    }
    table.push([row.name.replace(/,.*/, ""), ...cells]);
  }
  print(`\n${aligned(table, "texts")}`);
  return problems;
}

function markOf(wrong: readonly string[]): string {
  return wrong.length === 0 ? "✔" : "✘";
}
