// `npm run e2e:causes`: does every door tell the root cause that the author of a program would name?
import { type ErrorTree, formatTree, type TreeNode } from "otel-error-tree";
import { readNames } from "../../../collector-config/program/arguments.ts";
import { printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { runCli } from "../../support/run-cli.ts";
import { askProgram, type Told } from "./ask.ts";
import { CASES, type ProgramCase } from "./cases.ts";
import { authorText, difference } from "./judge.ts";
import { printReport, type Row, USAGE } from "./print.ts";
import { databaseMissing, type Stage, setStage } from "./stage.ts";

/** How long the spans of a request may take to arrive. */
const ARRIVAL_MS = 15_000;

await runProgram({
  name: "causes",
  usage: USAGE,
  options: { only: { type: "string" }, text: { type: "boolean", default: false } },
  verdict: "all as their authors say",
  run: ({ only, text }, undo) => run(only, text, undo),
});

async function run(only: string | undefined, withText: boolean, undo: Undo): Promise<string[]> {
  const names = readNames(
    "--only",
    only,
    CASES.map(({ program }) => program),
  );
  const cases = runnable(CASES.filter(({ program }) => names.includes(program)));
  printProgress(`starting ${cases.length} programs, three times, and what they call`);
  const stage = await setStage(cases, undo);
  const told: Told[][] = [];
  for (const program of cases) {
    told.push(await askAll(program, stage));
  }
  await stage.flush();
  const [spans, everySpan] = [await render(stage), await render(stage, "--every-span")];
  const rows = cases.map((program, i) => rowOf(program, told[i] ?? [], spans, everySpan));
  return printReport(rows, withText);
}

/** Without those that need a database where there is none. */
function runnable(cases: readonly ProgramCase[]): readonly ProgramCase[] {
  const missing = databaseMissing();
  if (missing === undefined) return cases;
  const left = cases.filter(({ program }) => !program.startsWith("pg-"));
  if (left.length < cases.length)
    printProgress(`${cases.length - left.length} programs left out: ${missing}`);
  return left;
}

/** Asks every host for the program, and waits until what it exports has come. */
async function askAll(program: ProgramCase, { hosts, receiver }: Stage): Promise<Told[]> {
  const all: Told[] = [];
  for (const host of hosts) {
    const told = await askProgram(host, program);
    if (told.exported) await receiver.waitForSpans(told.traceId, 1, ARRIVAL_MS);
    all.push(told);
  }
  return all;
}

/** The trees of all that was exported, by trace, as `otel-error-tree render` reads them. */
async function render({ requests }: Stage, ...options: string[]): Promise<Map<string, ErrorTree[]>> {
  const { out } = await runCli(["render", "--format", "json", ...options], requests.join("\n"));
  const trees = new Map<string, ErrorTree[]>();
  for (const { traceId, root, omitted } of JSON.parse(out) as (ErrorTree & { root: TreeNode })[]) {
    trees.set(traceId, [...(trees.get(traceId) ?? []), { traceId, root, omitted }]);
  }
  return trees;
}

function rowOf(
  program: ProgramCase,
  told: readonly Told[],
  spans: ReadonlyMap<string, readonly ErrorTree[]>,
  everySpan: ReadonlyMap<string, readonly ErrorTree[]>,
): Row {
  const problems = told.flatMap(({ status }) =>
    status === program.status ? [] : [`answered ${status} instead of ${program.status}`],
  );
  const first = told[0]?.tree;
  return {
    program: program.program,
    author: authorText(program),
    told: [
      ...told.map(({ tree }) => difference(program, tree)),
      exported(program, told, spans),
      exported(program, told, everySpan),
    ],
    problems: [...new Set(problems)],
    text: first === undefined ? "" : formatTree(first),
  };
}

/** What the spans of one of the hosts tell that differs. Only what failed has to be exported. */
function exported(
  program: ProgramCase,
  told: readonly Told[],
  rendered: ReadonlyMap<string, readonly ErrorTree[]>,
): string {
  for (const { traceId } of told) {
    const trees = rendered.get(traceId) ?? [];
    if (trees.length > 1) return `${trees.length} trees`;
    if (trees.length === 0 && program.verdict !== "failed") continue;
    const differs = difference(program, trees[0]);
    if (differs !== "") return differs;
  }
  return "";
}
