// `npm run e2e:outages`: a program of the pipeline is away for a while, under load; what failed is in Jaeger in the end.
import { existsSync } from "node:fs";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { readArguments, readNames, readNumber } from "../../support/program/arguments.ts";
import { RunError } from "../../support/program/run-error.ts";
import { runProgram } from "../../support/program/run-program.ts";
import type { Undo } from "../../support/program/undo.ts";
import { type OutageReport, perform, queueFor } from "./perform.ts";
import { print, printProblem, printProgress, printReport, USAGE } from "./print.ts";
import { OUTAGES, type Outage } from "./scenes.ts";

interface Options {
  readonly help: boolean;
  readonly only: readonly Outage[];
  readonly seconds: number;
  readonly perSecond: number;
}

process.exitCode = await runProgram(main, printProblem);

async function main(undo: Undo): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
  if (missing.length > 0) throw new RunError(`npm run tools has not brought ${missing.join(", ")}`);
  const reports: OutageReport[] = [];
  for (const outage of options.only) {
    reports.push(await perform(outage, { ...options, progress: printProgress }, undo));
  }
  return printReport(reports, options.seconds, queueFor(options)) === 0 ? 0 : 1;
}

function readOptions(args: string[]): Options {
  const values = readArguments(args, {
    only: { type: "string" },
    seconds: { type: "string" },
    rate: { type: "string" },
  });
  return {
    help: values.help ?? false,
    only: readNames("--only", values.only, OUTAGES),
    seconds: readNumber("--seconds", values.seconds ?? "60", 1, 3_600),
    perSecond: readNumber("--rate", values.rate ?? "50", 5, 300),
  };
}
