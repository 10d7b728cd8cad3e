// `npm run lab`: starts the lab, performs the three runs, prints what came of them, and stays up for curl.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Lab, type LabOptions, startLab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { print, printInvitation, printProblem, printReport, USAGE } from "./print.ts";
import { perform, type RunReport, runsOf } from "./runs.ts";
import { readTopology } from "./topology.ts";

const SEED = fileURLToPath(new URL("./topologies/seed.yaml", import.meta.url));
const INTERRUPTED = 130;

interface Options extends LabOptions {
  readonly help: boolean;
  readonly once: boolean;
  /** Absent: the seed's. */
  readonly topology: string | undefined;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (!options.help) return await runLab(options);
    print(USAGE);
    return 0;
  } catch (error) {
    printProblem(error instanceof LabError ? error.message : String((error as Error).stack));
    return 1;
  }
}

async function runLab(options: Options): Promise<number> {
  const interrupted = untilInterrupted();
  const lab = await startLab(readTopology(options.topology ?? SEED), options);
  try {
    const runs = performAll(lab, options.topology === undefined);
    const reports = await Promise.race([runs, lab.died, interrupted]);
    if (reports === undefined) return INTERRUPTED;
    if (!options.once) {
      await printInvitation(lab);
      await Promise.race([lab.died, interrupted]);
    }
    await lab.stop();
    return conclude(lab, reports);
  } finally {
    await lab.stop();
  }
}

async function performAll(lab: Lab, byTheBook: boolean): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  for (const run of runsOf(lab.topology.root)) {
    const report = await perform(lab, run, byTheBook);
    printReport(report);
    reports.push(report);
  }
  return reports;
}

/** The exit code. By now every service has sent all that it had, so what came late is late for sure. */
function conclude(lab: Lab, reports: readonly RunReport[]): number {
  let wrong = 0;
  for (const { run, answer, spans, wrong: problems } of reports) {
    const late = lab.receiver.spansOf(answer.traceId).length - spans.length;
    if (late > 0) printProblem(`${run.name}: ${late} more spans were exported than expected`);
    if (late > 0 || problems.length > 0) wrong++;
  }
  print(`${reports.length - wrong} of ${reports.length} runs were as expected.`);
  return wrong === 0 ? 0 : 1;
}

function untilInterrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve(undefined));
  });
}

function readOptions(args: string[]): Options {
  const values = parseOptions(args);
  return {
    help: values.help ?? false,
    once: values.once ?? false,
    topology: values.topology,
    basePort: readNumber("--port", values.port, 65_535),
    receiverPort: readNumber("--receiver-port", values["receiver-port"], 65_535),
    headerBytes: readNumber("--header-bytes", values["header-bytes"], 2048),
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        once: { type: "boolean" },
        topology: { type: "string" },
        port: { type: "string" },
        "receiver-port": { type: "string" },
        "header-bytes": { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new LabError(`${(error as Error).message} (--help tells the options)`);
  }
}

function readNumber(option: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== "" && Number.isInteger(number) && number >= 0 && number <= max) return number;
  throw new LabError(`${option} must be a whole number from 0 to ${max}, got "${value}"`);
}
