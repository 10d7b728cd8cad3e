// `npm run lab`: starts the lab, performs the three runs, prints what came of them, and stays up for curl.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Lab, type LabOptions, startLab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { print, printInvitation, printProblem, printReport, USAGE } from "./print.ts";
import { perform, type RunReport, runsOf } from "./runs.ts";
import { openSaver, type Saver } from "./save.ts";
import { readTopology } from "./topology.ts";

const SEED = fileURLToPath(new URL("./topologies/seed.yaml", import.meta.url));
const INTERRUPTED = 130;

interface Options extends LabOptions {
  readonly help: boolean;
  readonly once: boolean;
  /** Folder for what was received. */
  readonly save: string | undefined;
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
  const topology = readTopology(options.topology ?? SEED);
  const saver = options.save === undefined ? undefined : openSaver(options.save);
  const lab = await startLab(topology, { ...options, onExport: saver?.otlp });
  try {
    const runs = performAll(lab, options.topology === undefined, saver);
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

async function performAll(lab: Lab, byTheBook: boolean, saver: Saver | undefined): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  for (const run of runsOf(lab.topology.root)) {
    const report = await perform(lab, run, byTheBook);
    printReport(report);
    const { header } = report.answer;
    if (header !== undefined) saver?.header(header);
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
    save: values.save,
    topology: values.topology,
    basePort: readNumber("--port", values.port, 0, 65_535),
    receiverPort: readNumber("--receiver-port", values["receiver-port"], 0, 65_535),
    headerBytes: readNumber("--header-bytes", values["header-bytes"], 64, 2048),
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        once: { type: "boolean" },
        save: { type: "string" },
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

function readNumber(
  option: string,
  value: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== "" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new LabError(`${option} must be a whole number from ${least} to ${most}, got "${value}"`);
}
