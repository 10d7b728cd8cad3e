// `npm run e2e`: lab -> Collector -> Jaeger, all of them real; what has failed is in Jaeger, whole, and nothing else is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { ROOT } from "../../../collector-config/tools/files.ts";
import { readArguments, readNames, readWholeNumber } from "../../support/program/arguments.ts";
import { runProgram } from "../../support/program/run-program.ts";
import type { Undo } from "../../support/program/undo.ts";
import { performAsInstalled } from "./as-installed.ts";
import { performSeed, performSeven } from "./completeness.ts";
import {
  print,
  printAsInstalled,
  printCompleteness,
  printProblem,
  printProgress,
  printVerdict,
  USAGE,
} from "./print.ts";
import { performRoundTrip } from "./round-trip.ts";
import { printRoundTrip, roundTripProblems } from "./round-trip-print.ts";
import { type Stage, setStage } from "./stage.ts";

interface Options {
  readonly help: boolean;
  readonly requests: number;
  readonly seed: number;
  readonly only: readonly PartName[];
}

/** Performs a part and prints what came of it; returns what is wrong. */
type Part = (stage: Stage, options: Options, undo: Undo) => Promise<readonly string[]>;
type PartName = keyof typeof PARTS;

const PARTS = {
  seed: async (stage) => {
    const report = await performSeed(stage);
    printCompleteness("the seed's three runs, limiters open", report);
    return [...report.problems, ...report.rows.flatMap(({ problems }) => problems)];
  },
  seven: async (stage, { requests, seed }) => {
    const progress = (done: number): void => {
      if (done % 100 === 0) printProgress(`seven: ${done} of ${requests} requests`);
    };
    const report = await performSeven(stage, requests, seed, progress);
    printCompleteness("seven services, limiters open", report);
    return [...report.problems, ...report.rows.flatMap(({ problems }) => problems)];
  },
  "as-installed": async (stage, { requests, seed }) => {
    const report = await performAsInstalled(stage, requests, seed);
    printAsInstalled(report);
    return report.problems;
  },
  "round-trip": async (stage, { requests, seed }, undo) => {
    const report = await performRoundTrip({ stage, undo, requests, seed, progress: printProgress });
    printRoundTrip(report);
    return roundTripProblems(report);
  },
  pipelines: async (_stage, _options, undo) => {
    const vitest = join(createRequire(import.meta.url).resolve("vitest/package.json"), "../vitest.mjs");
    const args = [vitest, "run", "--project", "pipelines"];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
    const exit = once(child, "exit");
    await undo.add(async () => {
      child.kill();
      await exit;
    });
    const [exitCode] = await exit;
    return exitCode === 0 ? [] : [`the tests of the pipelines ended with exit code ${exitCode}`];
  },
} as const satisfies Record<string, Part>;

process.exitCode = await runProgram(main, printProblem);

async function main(undo: Undo): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options.help) return await run(options, undo);
  print(USAGE);
  return 0;
}

async function run(options: Options, undo: Undo): Promise<number> {
  requirePrograms("collector", "jaeger");
  printProgress("starting a Collector and Jaeger");
  const stage = await setStage(undo);
  const problems: string[] = [];
  for (const name of options.only) {
    undo.assertNotOver();
    printProgress(`part ${name}`);
    const wrong = await PARTS[name](stage, options, undo);
    problems.push(...wrong.map((problem) => `${name}: ${problem}`));
  }
  printVerdict(problems);
  return problems.length === 0 ? 0 : 1;
}

function readOptions(args: string[]): Options {
  const values = readArguments(args, {
    requests: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
  });
  const { help = false, requests = "500", seed = "1", only } = values;
  return {
    help,
    requests: readWholeNumber("--requests", requests, 1, 20_000),
    seed: readWholeNumber("--seed", seed, 0, 2 ** 31),
    only: readNames("--only", only, Object.keys(PARTS) as PartName[]),
  };
}
