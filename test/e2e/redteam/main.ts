// `npm run e2e:redteam`: attacks on services that run the library; no request is harmed and nothing leaks.
import { readArguments } from "../../support/program/arguments.ts";
import { RunError } from "../../support/program/run-error.ts";
import { runProgram } from "../../support/program/run-program.ts";
import type { Undo } from "../../support/program/undo.ts";
import { print, printPassing, printProblem, printSummary, printTried, USAGE } from "./print.ts";
import type { Row, Tried } from "./row.ts";
import { ROWS } from "./rows.ts";
import { setStage } from "./stage.ts";

process.exitCode = await runProgram(main, printProblem);

async function main(undo: Undo): Promise<number> {
  const { rows, help } = readOptions(process.argv.slice(2));
  if (!help) return await run(rows, undo);
  print(USAGE);
  return 0;
}

async function run(rows: readonly Row[], undo: Undo): Promise<number> {
  const start = performance.now();
  const stage = await setStage(undo);
  const tried: Tried[] = [];
  for (const row of rows) {
    undo.assertNotOver();
    printPassing(`${tried.length + 1} of ${rows.length}: ${row.attack}`);
    const result = await row.run(stage);
    tried.push({ row, result });
    printTried({ row, result });
  }
  return printSummary(tried, (performance.now() - start) / 1000) === 0 ? 0 : 1;
}

function readOptions(args: string[]): { readonly rows: readonly Row[]; readonly help: boolean } {
  const {
    only,
    short = false,
    help = false,
  } = readArguments(args, {
    only: { type: "string", multiple: true },
    short: { type: "boolean" },
  });
  const named = ROWS.filter(
    ({ point, attack }) => only === undefined || only.some((text) => `${point} ${attack}`.includes(text)),
  );
  if (named.length === 0)
    throw new RunError(`no attack holds ${only?.map((text) => `"${text}"`).join(" or ")}`);
  return { rows: named.filter(({ long = false }) => !(short && long)), help };
}
