// `npm run e2e:crash`: services die in every way; what the receiver has after the restart, without a spool folder and with one.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { runCli } from "../../support/run-cli.ts";
import { aligned } from "../../support/table.ts";
import { type Gate, openGate } from "../faults/gate.ts";
import { type CrashRow, ROWS } from "./rows.ts";

const SERVICE = new URL("./service.ts", import.meta.url);
/** How long a service that was started again gets to export what it found. */
const PATIENCE_MS = 5_000;
/** So many rows at one time. */
const AT_ONCE = 3;
/** Longer than it takes until a service looks at its spool folder. */
const NOTHING_COMES_MS = 1_000;
const TWICE_MS = 300;

const USAGE = `Usage: npm run e2e:crash

A service, with a request in it that fails, ends: by an exception, by process.exit, by a signal. It is started again, and then the
OTLP receiver must have the request as often as the table says, never twice. Each row without a spool folder and with one.

  --help  print this

Exit code 1 when anything is not as it should be.
`;

/** What came of one row in one of the two ways. */
interface Outcome {
  readonly ended: number | string;
  readonly traceId: string;
  readonly problems: string[];
}

await runProgram({ name: "crash", usage: USAGE, options: {}, verdict: "all as it should be", run: runAll });

async function runAll(_: unknown, undo: Undo): Promise<string[]> {
  const gate = await openGate(undefined, undo);
  const outcomes = new Map<CrashRow, readonly Outcome[]>();
  const todo = [...ROWS];
  const worker = async (): Promise<void> => {
    for (let row = todo.shift(); row !== undefined; row = todo.shift()) {
      printProgress(row.title);
      outcomes.set(row, [await run(row, false, gate, undo), await run(row, true, gate, undo)]);
    }
  };
  const [again] = await Promise.all([secondCrash(undo), ...Array.from({ length: AT_ONCE }, worker)]);
  await startAgain(environment(gate), gate, [], undo);
  const lines: string[][] = [["how the process ends", "exit", "without", "with a spool folder", ""]];
  const problems = again.map((problem) => `a second crash: ${problem}`);
  for (const row of ROWS) {
    const [without, withSpool] = outcomes.get(row) as [Outcome, Outcome];
    without.problems.push(...judgeSpans(gate, without.traceId, row.without, row.verdict));
    withSpool.problems.push(...judgeSpans(gate, withSpool.traceId, row.withSpool, row.verdict));
    const both = [
      ...without.problems.map((problem) => `without a spool folder: ${problem}`),
      ...withSpool.problems.map((problem) => `with a spool folder: ${problem}`),
    ];
    problems.push(...both.map((problem) => `${row.title}, ${problem}`));
    const hasFailed = !row.path.endsWith("well");
    const there = [without, withSpool].map(({ traceId }) => (hasFailed ? textOf(gate, traceId) : ""));
    lines.push([row.title, String(row.ends), ...there, both.length === 0 ? "ok" : "WRONG"]);
  }
  const word = again.length === 0 ? "ok" : "WRONG";
  lines.push(["exception; SIGKILL at the restart, receiver away", "", "", "once", word]);
  print(aligned(lines, "texts"));
  print("\nHow often the spans of the failing request are in the receiver after the restart.\n");
  return problems;
}

/** How often each span of a trace came. */
function textOf(gate: Gate, traceId: string): string {
  const spans = gate.arrivals.traces.get(traceId) ?? [];
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.length === 0 ? "lost" : ids.size === spans.length ? "once" : "TWICE";
}

/** One service that is asked, dies, and is started again. */
async function run(row: CrashRow, hasSpool: boolean, gate: Gate, undo: Undo): Promise<Outcome> {
  const folder = temporaryFolder(undo);
  const env = { ...environment(gate), ...(hasSpool ? { OTEL_ERROR_TREE_SPOOL: folder } : undefined) };
  const service = await NodeProcess.listening(SERVICE, { env, undo });
  const traceId = randomBytes(16).toString("hex");
  const answered = ask(service, row.path, traceId);
  if (row.kill?.after !== "request") await answered;
  if (row.kill !== undefined) {
    await sleep(row.kill.ms);
    service.signal("SIGKILL");
  }
  const { exitCode, signal } = await service.exited;
  const ended = signal ?? exitCode ?? "nothing";
  const problems = ended === row.ends ? [] : [`ended by ${ended}, not by ${row.ends}: ${service.printed}`];
  const left = readdirSync(folder);
  const isWell = row.path.endsWith("well");
  if ((!hasSpool || isWell) && left.length > 0) problems.push(`left ${left.join(", ")}`);
  for (const name of left) problems.push(...(await judgeRendered(join(folder, name), traceId)));
  if (hasSpool) await startAgain(env, gate, row.withSpool === 1 ? [traceId] : [], undo);
  if (readdirSync(folder).length > 0) problems.push("a file is left after the restart");
  return { ended, traceId, problems };
}

/** Starts a service again, until these traces have come, or anything had the time to. */
async function startAgain(
  env: Record<string, string>,
  { arrivals }: Gate,
  expected: readonly string[],
  undo: Undo,
): Promise<void> {
  const again = await NodeProcess.listening(SERVICE, { env, undo });
  const isThere = (): boolean => expected.length > 0 && expected.every((id) => arrivals.traces.has(id));
  await arrivals.until(isThere, expected.length === 0 ? NOTHING_COMES_MS : PATIENCE_MS);
  // What comes twice comes a little later.
  await sleep(TWICE_MS);
  await again.stop();
}

/** The receiver is away at the restart, the service is killed then, and started once more. */
async function secondCrash(undo: Undo): Promise<string[]> {
  const gate = await openGate(503, undo);
  const folder = temporaryFolder(undo);
  const env = { ...environment(gate), OTEL_ERROR_TREE_SPOOL: folder };
  const traceId = randomBytes(16).toString("hex");
  const first = await NodeProcess.listening(SERVICE, { env, undo });
  await ask(first, "/throws", traceId);
  await first.exited;
  const before = gate.turnedAway;
  const second = await NodeProcess.listening(SERVICE, { env, undo });
  for (let i = 0; i < 100 && gate.turnedAway === before; i++) await sleep(100);
  second.signal("SIGKILL");
  await second.exited;
  const taken = readdirSync(folder).filter((name) => name.includes(".taken-"));
  await gate.clear();
  const third = await NodeProcess.listening(SERVICE, { env, undo });
  await gate.arrivals.until(() => gate.arrivals.traces.has(traceId), PATIENCE_MS);
  await sleep(TWICE_MS);
  await third.stop();
  const problems = judgeSpans(gate, traceId, 1);
  if (taken.length !== 1) problems.push("the second process had not taken the file when it was killed");
  if (readdirSync(folder).length > 0) problems.push("a file is left");
  return problems;
}

function environment(gate: Gate): Record<string, string> {
  return { SERVICE_NAME: "shop", OTEL_EXPORTER_OTLP_ENDPOINT: gate.url };
}

/** Asks, as the second service of a trace that nobody samples, until there is an answer or the service is gone. */
async function ask(service: NodeProcess, path: string, traceId: string): Promise<void> {
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
  try {
    await (await fetch(`${service.url}${path}`, { headers })).text();
  } catch {
    // The service has died.
  }
}

function judgeSpans(gate: Gate, traceId: string, expected: 0 | 1 | "maybe", verdict = "failed"): string[] {
  const spans = gate.arrivals.traces.get(traceId) ?? [];
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const problems = ids.size === spans.length ? [] : [`${spans.length} spans with ${ids.size} ids came`];
  if (expected === "maybe") return problems;
  if (expected === 0 && spans.length > 0) problems.push(`${spans.length} spans came`);
  if (expected === 1) {
    const root = spans.find(({ kind }) => kind === 2);
    const { "error_tree.verdict": told, "error_tree.text": text } = root?.attributes ?? {};
    if (told !== verdict) problems.push(`of ${spans.length} spans no server span says ${verdict}: ${told}`);
    if (!String(text).includes("ECONNREFUSED")) problems.push(`the tree lacks the failed call: ${text}`);
  }
  return problems;
}

/** `otel-error-tree render` reads the file as it is. */
async function judgeRendered(path: string, traceId: string): Promise<string[]> {
  const { code, out, err } = await runCli(["render", path]);
  const isWell = code === 0 && out.includes("ECONNREFUSED") && out.includes(traceId);
  return isWell ? [] : [`render printed ${out} ${err}`];
}

function temporaryFolder(undo: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-crash-"));
  void undo.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
