// `npm run e2e`: lab -> Collector -> Jaeger, all of them real; what has failed is in Jaeger, whole, and nothing else is.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readNames, readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { ROOT } from "../../../collector-config/tools/files.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { performAsInstalled } from "./as-installed.ts";
import { performSeed, performSeven } from "./completeness.ts";
import { printAsInstalled, printCompleteness, USAGE } from "./print.ts";
import { performRoundTrip } from "./round-trip.ts";
import { printRoundTrip, roundTripProblems } from "./round-trip-print.ts";
import { type Stage, setStage } from "./stage.ts";

interface Options {
  readonly requests: number;
  readonly seed: number;
}

/** Performs a part and prints what came of it; returns what is wrong. */
type Part = (stage: Stage, options: Options, undo: Undo) => Promise<readonly string[]>;
type PartName = keyof typeof PARTS;

const PARTS = {
  seed: async (stage) => {
    const report = await performSeed(stage);
    printCompleteness("the lab's three runs, limiters open", report);
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
    const run = new NodeProcess(vitest, {
      args: ["run", "--project", "pipelines"],
      cwd: ROOT,
      env: process.env,
      undo,
    });
    const { exitCode } = await run.exited;
    print(run.printed.trimEnd());
    return exitCode === 0 ? [] : [`the tests of the pipelines ended with exit code ${exitCode}`];
  },
} as const satisfies Record<string, Part>;

await runProgram({
  name: "e2e",
  usage: USAGE,
  options: {
    requests: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
  verdict: "all as it should be",
  async run(values, undo) {
    const parts = readNames("--only", values.only, Object.keys(PARTS) as PartName[]);
    const requests = readWholeNumber("--requests", values.requests, 1, 20_000);
    const seed = readWholeNumber("--seed", values.seed, 0, 2 ** 31);
    requirePrograms("collector", "jaeger");
    printProgress("starting a Collector and Jaeger");
    const stage = await setStage(undo);
    const problems: string[] = [];
    for (const name of parts) {
      undo.assertNotOver();
      printProgress(`part ${name}`);
      const wrong = await PARTS[name](stage, { requests, seed }, undo);
      problems.push(...wrong.map((problem) => `${name}: ${problem}`));
    }
    return problems;
  },
});
