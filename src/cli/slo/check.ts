// Checks a file of quality attributes, and prints what it says.
import type { Objective, ObjectiveEntry } from "../../observatory/objectives/objective.ts";
import { formatShare, formatTime } from "../../observatory/objectives/quantities.ts";
import { ruleWarnings } from "../../observatory/objectives/rules/rule-warnings.ts";
import type { Terminal } from "../render.ts";
import { atPlace, readObjectivesFile } from "./read-file.ts";

const EXIT_WRONG = 1;

/**
 * Prints all that is wrong on standard error, else what is expected of which edges. Returns the exit code.
 *
 * @throws InputError if the file cannot be read
 */
export async function checkObjectives(path: string, { out, err }: Terminal): Promise<number> {
  const file = await readObjectivesFile(path);
  for (const problem of file.problems) err(atPlace(path, problem));
  if (file.problems.length > 0) return EXIT_WRONG;
  for (const warning of ruleWarnings(file)) err(atPlace(path, warning, "warning"));
  const { entries } = file.objectives;
  const width = Math.max(...entries.map(({ text }) => text.length));
  for (const entry of entries) {
    for (const line of linesOf(entry)) out(`${entry.text.padEnd(width)}  ${line}`);
  }
  return 0;
}

function linesOf({ objectives }: ObjectiveEntry): string[] {
  return objectives.length === 0 ? ["none"] : objectives.map(lineOf);
}

function lineOf({ text, warn, fail, windowSeconds, least }: Objective): string {
  const levels = `warn below ${formatShare(warn)}, fail below ${formatShare(fail)}`;
  return `${text}: ${levels}, over ${formatTime(windowSeconds)} with ${least} requests or more`;
}
