// The three runs of the lab, judged by what the services say they did and, in the default topology, with the trees of seed-trees.ts.
import { type Verdict, verdictOf } from "otel-error-tree";
import type { ExportedSpan } from "./backend.ts";
import { expectedSpans } from "./expected-spans.ts";
import { type Accounts, differences, drawTree } from "./expected-tree.ts";
import type { Lab, LabAnswer } from "./lab.ts";
import { BYPASS_HEADER, forcePassHeader } from "./request-context.ts";
import { type RunName, SEED_TREES } from "./seed-trees.ts";

const EXPORT_TIMEOUT_MS = 10_000;
const SAMPLED = 1;

/** One request with the headers that make it what it is. */
export interface Run {
  readonly name: RunName;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of a run. */
export interface RunReport {
  readonly run: Run;
  readonly answer: LabAnswer;
  readonly verdict: Verdict;
  readonly spans: readonly ExportedSpan[];
  /** What is not as it should be; empty where all is well. */
  readonly wrong: readonly string[];
}

/** The three runs. */
export function runsOf(root: string): Run[] {
  return [
    { name: "fail-close", headers: {} },
    { name: "fail-open", headers: { [forcePassHeader(root)]: "true" } },
    { name: "success", headers: { [BYPASS_HEADER]: "true" } },
  ];
}

/** Sends the request of a run, waits for what should be exported, and compares; `byTheBook` for the default topology. */
export async function perform(lab: Lab, run: Run, byTheBook: boolean): Promise<RunReport> {
  const answer = await lab.ask(run.name, run.headers);
  const accounts: Accounts = lab.accounts().get(run.name) ?? new Map();
  const { tree } = answer;
  // A tree that lost nodes for want of room can only be looked at.
  const wrong = tree !== undefined && tree.omitted > 0 ? [] : differences(drawTree(accounts), tree?.root);
  if (byTheBook) wrong.push(...differences(SEED_TREES[run.name], tree?.root));
  const expected = expectedSpans(accounts);
  const spans = await lab.backend.waitForSpans(answer.traceId, sum(expected.values()), EXPORT_TIMEOUT_MS);
  wrong.push(...wrongExport(expected, spans));
  return { run, answer, verdict: tree === undefined ? "ok" : verdictOf(tree.root), spans, wrong };
}

/** Number of spans by service. */
export function spansByService(spans: readonly ExportedSpan[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { service } of spans) counts.set(service, (counts.get(service) ?? 0) + 1);
  return counts;
}

/** True where no span says that it was not sampled. */
export function allSampled(spans: readonly ExportedSpan[]): boolean {
  return spans.every(({ flags = SAMPLED }) => (flags & SAMPLED) === SAMPLED);
}

function wrongExport(expected: ReadonlyMap<string, number>, spans: readonly ExportedSpan[]): string[] {
  const wrong = allSampled(spans) ? [] : ["spans without the sampled flag were exported"];
  const counts = spansByService(spans);
  for (const service of new Set([...expected.keys(), ...counts.keys()])) {
    const [should, is] = [expected.get(service) ?? 0, counts.get(service) ?? 0];
    if (should !== is) wrong.push(`${service}: ${should} spans should be exported, ${is} came`);
  }
  return wrong;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
