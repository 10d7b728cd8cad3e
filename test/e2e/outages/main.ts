// `npm run e2e:outages`: a program of the pipeline is away for a while, under load; what failed is in Jaeger in the end.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
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
  const values = parseOptions(args);
  return {
    help: values.help ?? false,
    only: readOutages(values.only),
    seconds: readNumber("--seconds", values.seconds ?? "60", 1, 3_600),
    perSecond: readNumber("--rate", values.rate ?? "50", 5, 300),
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        only: { type: "string" },
        seconds: { type: "string" },
        rate: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new RunError(`${(error as Error).message} (--help tells the options)`);
  }
}

function readOutages(names: string | undefined): readonly Outage[] {
  if (names === undefined) return OUTAGES;
  const asked = names.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !OUTAGES.includes(name as Outage));
  if (unknown !== undefined) {
    throw new RunError(`--only takes ${OUTAGES.join(", ")}, got "${unknown}"`);
  }
  return OUTAGES.filter((name) => asked.includes(name));
}

function readNumber(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (value.trim() !== "" && number >= least && number <= most) return number;
  throw new RunError(`${option} must be a number from ${least} to ${most}, got "${value}"`);
}
