// Judges a step: the tree of every request beside the one that the services' own accounts give, and what they refused.
import { isDeepStrictEqual } from "node:util";
import { readErrorTree } from "otel-error-tree";
import { type Accounts, differences, drawTree } from "../../../examples/lab/expected-tree.ts";
import type { Answered } from "./load.ts";
import type { Watched } from "./watch.ts";

/** Something that all replicas are made to do, one after the other and under load. */
export interface Step {
  readonly title: string;
  /** Ids of the keys that sign meanwhile. */
  readonly keyIds: readonly string[];
  /** True for the wrong way: trees have to be lost. */
  readonly loses: boolean;
}

export interface StepReport {
  readonly title: string;
  readonly requests: number;
  /** Requests in which anything failed. */
  readonly failing: number;
  readonly whole: number;
  /** Trees that are missing, or another one than they should be, and how. */
  readonly lost: readonly string[];
  readonly keyIds: readonly string[];
  /** Asks that the services refused. */
  readonly refused: number;
  /** What the services said of it. */
  readonly told: readonly string[];
  readonly problems: readonly string[];
}

const OTHER_KEY = /its key id "k\d" is none of those set here \("k\d"\)/;

/** Judges one step by the requests that were sent in it. */
export function judgeStep(
  step: Step,
  answered: readonly Answered[],
  watched: readonly Watched[],
  accounts: ReadonlyMap<string, Accounts>,
): StepReport {
  const compared = answered.map((one) => compare(one, accounts));
  const failing = compared.filter(({ failing }) => failing).length;
  const lost = compared.flatMap(({ wrong }) => wrong);
  const refused = watched.reduce((sum, one) => sum + one.refused, 0);
  const keyIds = [...new Set(watched.flatMap((one) => one.keyIds))].sort();
  const problems = step.loses ? judgeLoss(lost, watched) : judgeCalm(lost, watched);
  if (failing === 0) problems.push("no request has failed, so nothing was tried");
  if (!isDeepStrictEqual(keyIds, step.keyIds)) {
    problems.push(`${keyIds.join(" and ")} have signed, not ${step.keyIds.join(" and ")}`);
  }
  return {
    title: step.title,
    requests: answered.length,
    failing,
    whole: compared.filter(({ failing, wrong }) => failing && wrong.length === 0).length,
    lost,
    keyIds,
    refused,
    told: watched.flatMap(({ name, lines }) => lines.map((line) => `${name}: ${line}`)),
    problems: problems.map((problem) => `${step.title}: ${problem}`),
  };
}

/** Whether anything failed in a request, and what is wrong with its tree: one text at most. */
function compare(
  { requestId, value }: Answered,
  accounts: ReadonlyMap<string, Accounts>,
): { readonly failing: boolean; readonly wrong: readonly string[] } {
  try {
    const expected = drawTree(accounts.get(requestId) ?? new Map());
    const tree = value === undefined ? undefined : readErrorTree(value);
    const wrong = differences(expected, tree?.root);
    if (tree !== undefined && tree.omitted > 0) wrong.push(`${tree.omitted} nodes left out`);
    const failing = expected !== undefined;
    return { failing, wrong: wrong.length === 0 ? [] : [`${requestId}: ${wrong.join("; ")}`] };
  } catch (error) {
    return { failing: true, wrong: [`${requestId}: ${(error as Error).message}`] };
  }
}

/** By the book nothing is lost, nothing is refused, and nothing is to be said. */
function judgeCalm(lost: readonly string[], watched: readonly Watched[]): string[] {
  const problems: string[] = [];
  for (const { name, refused, lines } of watched) {
    if (refused > 0) problems.push(`${name} refused ${refused} asks`);
    problems.push(...lines.map((line) => `${name} warned: ${line}`));
  }
  return [...problems, ...lost];
}

/** The wrong way loses trees, and every service says why: each of its processes once, however many asks it refuses. */
function judgeLoss(lost: readonly string[], watched: readonly Watched[]): string[] {
  const problems = lost.length > 0 ? [] : ["no tree was lost, so that none is lost elsewhere proves nothing"];
  for (const { name, refused, lines } of watched) {
    const told = lines.filter((line) => OTHER_KEY.test(line)).length;
    if (told !== Math.min(refused, 1))
      problems.push(`${name} refused ${refused} asks, and told it ${told} times`);
    if (lines.length > told) problems.push(`${name} warned: ${lines.find((line) => !OTHER_KEY.test(line))}`);
  }
  for (const service of new Set(watched.map((one) => one.service))) {
    const refused = watched.some((one) => one.service === service && one.refused > 0);
    if (!refused) problems.push(`${service} refused nothing`);
  }
  return problems;
}
