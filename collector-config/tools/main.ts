// `npm run tools`: brings the real programs of the pipelines here, and checks the configurations with them.
import { readNames } from "../program/arguments.ts";
import { print } from "../program/print.ts";
import { runProgram } from "../program/run-program.ts";
import type { Undo } from "../program/undo.ts";
import { checkAll } from "./check.ts";
import { PROMETHEUS } from "./debian-tools.ts";
import { COLLECTOR, FERRETDB, JAEGER } from "./go-tools.ts";
import { ELASTICMQ, KAFKA } from "./java-tools.ts";
import { logOf, runStep } from "./step.ts";
import { installedVersion, remember, type Tool } from "./tool.ts";
import { USAGE } from "./usage.ts";

/** The quick ones first. */
const ALL: readonly Tool[] = [PROMETHEUS, ELASTICMQ, KAFKA, FERRETDB, COLLECTOR, JAEGER];

await runProgram({
  usage: USAGE,
  options: { check: { type: "boolean", default: false }, only: { type: "string" } },
  async run({ check, only }, undo) {
    const names = readNames(
      "--only",
      only,
      ALL.map(({ name }) => name),
    );
    if (check) return await checkAll(new Set(names), undo);
    for (const tool of ALL.filter(({ name }) => names.includes(name))) await bring(tool, undo);
    return [];
  },
});

async function bring(tool: Tool, undo: Undo): Promise<void> {
  const { name, takes } = tool;
  const present = installedVersion(tool);
  if (present !== undefined) {
    print(`${name} ${present}: there`);
    return;
  }
  print(`${name}: being brought here, ${takes} where nothing is cached`);
  const start = performance.now();
  const log = logOf(name);
  let begin = true;
  const version = await tool.install(async (step) => {
    await runStep(step, log, undo, begin);
    begin = false;
  });
  remember(tool, version);
  print(`${name} ${version}: ready after ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
