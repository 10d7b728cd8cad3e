// `npm run lab`: starts the lab, performs the three runs, prints what came of them, and stays up for curl.
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.ts";
import { findJaegerBackend, startJaegerBackend } from "./jaeger-backend.ts";
import { type Lab, startLab } from "./lab.ts";
import { load } from "./load.ts";
import { Observatory } from "./observatory.ts";
import { type Options, readOptions } from "./options.ts";
import { print, printInvitation, printObservatory, printProblem, printReport, USAGE } from "./print.ts";
import { startReceiver } from "./receiver.ts";
import { perform, type RunReport, runsOf } from "./runs.ts";
import { openSaver, type Saver } from "./save.ts";
import { readTopology, type Topology } from "./topology.ts";

const SEED = fileURLToPath(new URL("./topologies/seed.yaml", import.meta.url));
const INTERRUPTED = 130;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (!options.help) return await runLab(options);
    print(USAGE);
    return 0;
  } catch (error) {
    const { code = "", message, stack } = error as Error & { readonly code?: string };
    printProblem(code === "LAB" ? message : String(stack));
    return 1;
  }
}

async function runLab(options: Options): Promise<number> {
  const interrupted = untilInterrupted();
  interrupted.catch(() => {});
  const topology = readTopology(options.topology ?? SEED);
  const saver = options.save === undefined ? undefined : openSaver(options.save);
  const observatory = await openObservatory(options);
  try {
    const backend = await openBackend(options, saver, observatory);
    try {
      return await runWith({ backend, observatory, topology, options, saver, interrupted });
    } finally {
      await backend.close();
    }
  } finally {
    await observatory?.stop();
  }
}

async function openObservatory({ observatoryPort, backend }: Options): Promise<Observatory | undefined> {
  if (observatoryPort === undefined) return undefined;
  const jaegerUrl = typeof backend === "object" ? backend.queryUrl : undefined;
  const observatory = await Observatory.start(observatoryPort, jaegerUrl);
  printObservatory(observatory.url);
  return observatory;
}

async function openBackend(
  { backend, receiverPort = 0 }: Options,
  saver: Saver | undefined,
  observatory: Observatory | undefined,
): Promise<Backend> {
  if (backend === undefined) {
    const onRequest = (json: string) => {
      saver?.otlp(json);
      observatory?.forward(json);
    };
    return await startReceiver({ port: receiverPort, onRequest });
  }
  if (backend !== "jaeger") return await findJaegerBackend(backend.otlpUrl, backend.queryUrl);
  print("starting a Collector and Jaeger");
  return await startJaegerBackend();
}

/** What a run of the lab consists of. */
interface Parts {
  readonly backend: Backend;
  readonly observatory: Observatory | undefined;
  readonly topology: Topology;
  readonly options: Options;
  readonly saver: Saver | undefined;
  readonly interrupted: Promise<undefined>;
}

async function runWith({
  backend,
  observatory,
  topology,
  options,
  saver,
  interrupted,
}: Parts): Promise<number> {
  const environment = observatory?.environment;
  const lab = await startLab(topology, { ...options, backend, environment });
  const ending = new AbortController();
  try {
    const reports = await Promise.race([performAll(lab, options, saver), lab.died, interrupted]);
    if (reports === undefined) return INTERRUPTED;
    if (!options.once) {
      await printInvitation(lab);
      // Without an observatory nobody would see it.
      if (observatory !== undefined && options.load > 0) void load(lab, options.load, ending.signal);
      await Promise.race([lab.died, interrupted]);
      ending.abort();
    }
    await lab.stop();
    return await conclude(backend, reports);
  } finally {
    ending.abort();
    await lab.stop();
  }
}

async function performAll(lab: Lab, options: Options, saver: Saver | undefined): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  // What was started for one pass is not there to be looked at afterwards.
  const stays = !options.once || options.backend !== "jaeger";
  for (const run of runsOf(lab.topology.root)) {
    const report = await perform(lab, run, options.topology === undefined);
    printReport(report, stays ? lab.backend : undefined);
    const { header } = report.answer;
    if (header !== undefined) saver?.header(header);
    reports.push(report);
  }
  return reports;
}

/** The exit code. By now every service has sent all that it had, so what came late is late for sure. */
async function conclude(backend: Backend, reports: readonly RunReport[]): Promise<number> {
  let wrong = 0;
  for (const { run, answer, spans, wrong: problems } of reports) {
    const late = (await backend.spansOf(answer.traceId)).length - spans.length;
    if (late > 0) printProblem(`${run.name}: ${late} more spans were exported than expected`);
    if (late > 0 || problems.length > 0) wrong++;
  }
  print(`${reports.length - wrong} of ${reports.length} runs were as expected.`);
  return wrong === 0 ? 0 : 1;
}

/** Rejects with what nobody caught, as when somebody reads the first lines alone: what was started must not stay. */
function untilInterrupted(): Promise<undefined> {
  return new Promise((resolve, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(undefined));
    process.on("uncaughtException", reject);
  });
}
