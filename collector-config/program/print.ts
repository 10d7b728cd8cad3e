// Prints for a person at a terminal: results on standard output, progress and problems on standard error.
import { styleText } from "node:util";

/** Problems that are shown; the others are counted. */
const PROBLEMS_SHOWN = 12;
const { stdout, stderr } = process;
/** Takes back a passing line. */
const CLEAR = stderr.isTTY ? "\r\u001b[K" : "";

/** One line of a result. */
export function print(line = ""): void {
  stdout.write(`${line}\n`);
}

/** What the program does next. */
export function printProgress(line: string): void {
  stderr.write(`${CLEAR}${styleText("dim", line, { stream: stderr })}\n`);
}

/** What is going on at this moment, on a terminal alone; the next line takes its place. */
export function printPassing(line: string): void {
  if (stderr.isTTY) stderr.write(CLEAR + styleText("dim", line, { stream: stderr }));
}

/** One thing that is wrong. */
export function printProblem(problem: string): void {
  stderr.write(`${CLEAR}${styleText("red", problem, { stream: stderr })}\n`);
}

/** The first of what is wrong, and how much more there is. */
export function printProblems(problems: readonly string[], shown: number = PROBLEMS_SHOWN): void {
  for (const problem of problems.slice(0, shown)) printProblem(problem);
  if (problems.length > shown) printProblem(`and ${problems.length - shown} more`);
}

/** The last line: green if all is well. */
export function printVerdict(isWell: boolean, text: string, seconds: number): void {
  print(`${styleText(["bold", isWell ? "green" : "red"], text)} (${seconds.toFixed(0)} s)`);
}
