// Prints the Prometheus rules of a file of quality attributes.
import { basename } from "node:path";
import { ruleWarnings } from "../../observatory/objectives/rules/rule-warnings.ts";
import { writeRules } from "../../observatory/objectives/rules/write-rules.ts";
import { readSelector } from "../../observatory/prometheus/selector.ts";
import { InputError } from "../input/input-error.ts";
import type { Terminal } from "../render.ts";
import { atPlace, readObjectivesFile } from "./read-file.ts";

const EXIT_WRONG = 1;

/**
 * Prints the rules; on standard error, which of them can never fire. With anything wrong in the file there are none.
 * Returns the exit code.
 *
 * @throws InputError if the file cannot be read, or the selector is none
 */
export async function printRules(path: string, selector: string, { out, err }: Terminal): Promise<number> {
  const matchers = readSelector(selector);
  if (matchers === undefined) {
    throw new InputError(`--selector: expected label matchers, as job="collector", got ${selector}`);
  }
  const file = await readObjectivesFile(path);
  for (const problem of file.problems) err(atPlace(path, problem));
  if (file.problems.length > 0) return EXIT_WRONG;
  for (const warning of ruleWarnings(file)) err(atPlace(path, warning, "warning"));
  out(writeRules(file, basename(path), matchers).trimEnd());
  return 0;
}
