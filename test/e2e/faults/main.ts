// `npm run e2e:faults`: things go wrong between services and before the receiver; trees stay right, and none is lost.
import { readNumber } from "../../../collector-config/program/arguments.ts";
import { printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { startStrangers } from "../storm/strangers.ts";
import { EXPORTER_ROWS, type RowReport, runExporterRow } from "./exporter-rows.ts";
import { type Gate, openGate } from "./gate.ts";
import {
  isThere,
  judgeAnswers,
  judgeLogs,
  judgePrinted,
  judgeReceiver,
  judgeTrees,
  judgeWords,
  treeAbove,
} from "./judge.ts";
import { printReport, textOfLeaf, USAGE } from "./print.ts";
import { type Side, startSide } from "./side.ts";
import { type Targets, WIRE_ROWS, type WireRow } from "./wire-rows.ts";

/** Requests of a row on the wire, at the same time. */
const TIMES = 3;
/** Of one row. */
const PROBLEMS_SHOWN = 3;
const PATIENCE_MS = 20_000;
/** A third of it is long enough for something to be turned away. */
const LEAST_OUTAGE_S = 9;

await runProgram({
  name: "faults",
  usage: USAGE,
  options: { outage: { type: "string", default: "30" } },
  verdict: "all as it should be",
  run: ({ outage }, undo) => run(readNumber("--outage", outage, LEAST_OUTAGE_S, 3_600) * 1000, undo),
});

async function run(outageMs: number, undo: Undo): Promise<string[]> {
  printProgress("starting the services");
  const gate = await openGate(undefined, undo);
  const strangers = await startStrangers(undo);
  const on = await startSide(true, gate.url, undo);
  const off = await startSide(false, gate.url, undo);
  const [payments, paymentsOff] = await Promise.all([on.start("payments"), off.start("payments")]);
  const exporters = Promise.all(
    EXPORTER_ROWS.map(async (row) => {
      const report = await runExporterRow(row, { off, refused: strangers.refused, outageMs, undo });
      printProgress(`${row.title}: done`);
      return report;
    }),
  );
  // Whatever becomes of them, it is looked at below.
  exporters.catch(() => {});
  const reports: RowReport[] = [];
  for (const row of WIRE_ROWS) {
    printProgress(row.title);
    reports.push(await runWireRow(row, { on, off, gate }, { payments, ...strangers }, paymentsOff));
    undo.assertNotOver();
  }
  printProgress(`waiting for the exporters in trouble: some ${Math.round((outageMs * 4) / 3000)} s`);
  const all = [...reports, ...(await exporters)];
  const failed = reports.reduce((sum, { asked }) => sum + asked, 0);
  const others = judgeWords(await on.end([payments]), failed, false);
  const offServices = [off.edge, off.orders, paymentsOff];
  const wordsOff = await off.end([paymentsOff]);
  others.push(
    ...[...wordsOff.values()].flatMap(({ rejections, diagnostics }) => [...rejections, ...diagnostics]),
  );
  const titles = all.map(({ title }) => title);
  const services = [...new Set([...all.flatMap((report) => report.services), ...offServices, payments])];
  others.push(...judgePrinted(services, titles));
  const judged = all.map((report) => ({
    ...report,
    problems: [...report.problems, ...judgeLogs(report.title, report.services, offServices)],
  }));
  printReport(judged);
  return [...judged.flatMap(problemsOf), ...others];
}

async function runWireRow(
  row: WireRow,
  { on, off, gate }: { on: Side; off: Side; gate: Gate },
  targets: Targets,
  paymentsOff: Targets["payments"],
): Promise<RowReport> {
  const { title, leaf } = row;
  const [answers, without] = await Promise.all([
    row.run(on, targets, title, TIMES),
    row.run(off, { ...targets, payments: paymentsOff }, title, TIMES),
  ]);
  const { arrivals } = gate;
  await arrivals.until(() => answers.every(({ traceId }) => isThere(arrivals, traceId)), PATIENCE_MS);
  const { there, problems } = judgeReceiver(arrivals, answers);
  problems.push(...judgeTrees(treeAbove(leaf), answers));
  problems.push(...judgeAnswers(answers, without));
  return {
    title,
    asked: answers.length,
    expected: textOfLeaf(leaf),
    there,
    note: "",
    problems,
    services: [on.edge, on.orders],
  };
}

/** The first few of a row: the others are much the same. */
function problemsOf({ title, problems }: RowReport): string[] {
  const more = problems.length - PROBLEMS_SHOWN;
  const shown = [...problems.slice(0, PROBLEMS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  return shown.map((problem) => `${title}: ${problem}`);
}
