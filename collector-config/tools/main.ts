// `npm run tools`: brings the real programs of the pipelines here, and checks the configurations with them.
import { readArguments, readNames } from "../../test/support/program/arguments.ts";
import { runProgram } from "../../test/support/program/run-program.ts";
import type { Undo } from "../../test/support/program/undo.ts";
import { checkAll } from "./check.ts";
import { PROMETHEUS } from "./debian-tools.ts";
import { COLLECTOR, JAEGER } from "./go-tools.ts";
import { KAFKA } from "./java-tools.ts";
import { printLine, printProblem, USAGE } from "./print.ts";
import { logOf, runStep } from "./step.ts";
import { installedVersion, remember, type Tool } from "./tool.ts";

/** The quick ones first. */
const ALL: readonly Tool[] = [PROMETHEUS, KAFKA, COLLECTOR, JAEGER];

process.exitCode = await runProgram(main, printProblem);

async function main(undo: Undo): Promise<number> {
  const { help, check, tools } = readOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (check) return (await checkAll(new Set(tools.map(({ name }) => name)), undo)) ? 0 : 1;
  for (const tool of tools) await bring(tool, undo);
  return 0;
}

async function bring(tool: Tool, undo: Undo): Promise<void> {
  const { name, takes } = tool;
  const present = installedVersion(tool);
  if (present !== undefined) {
    printLine(`${name} ${present}: there`);
    return;
  }
  printLine(`${name}: being brought here, ${takes} where nothing is cached`);
  const start = performance.now();
  const log = logOf(name);
  let begin = true;
  const version = await tool.install(async (step) => {
    await runStep(step, log, undo, begin);
    begin = false;
  });
  remember(tool, version);
  printLine(`${name} ${version}: ready after ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

function readOptions(args: string[]) {
  const values = readArguments(args, { check: { type: "boolean" }, only: { type: "string" } });
  const names = readNames(
    "--only",
    values.only,
    ALL.map(({ name }) => name),
  );
  const { help = false, check = false } = values;
  return { help, check, tools: ALL.filter(({ name }) => names.includes(name)) };
}
