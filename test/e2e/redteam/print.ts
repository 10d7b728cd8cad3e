// Everything that the attacks print; in colour only on a terminal.
import { styleText } from "node:util";
import type { Tried } from "./row.ts";

/** How the attacks are used. */
export const USAGE = `Usage: npm run e2e:redteam -- [options]

Attacks services that run the library, each a process of its own on loopback: with requests, answers, addresses, floods,
signals and variables that are meant to do harm. Strangers have public addresses of documentation in a network namespace
that is made for it and deleted in the end; without the right to make one, their rows are skipped and say so. Prints every
attack with what was expected and what was seen.

  --only TEXT  only the attacks that hold this text in their point or title, can be repeated
  --short      only what takes little time
  --help       print this

Exit code 1 when any row is HARMED.
`;

const HARM_SHOWN = 8;
const TITLE = 62;
const { stderr } = process;
const CLEAR = stderr.isTTY ? "\r\u001b[K" : "";

/** What is tried at this moment, on a terminal alone; the next line takes its place. */
export function printPassing(line: string): void {
  if (stderr.isTTY) stderr.write(CLEAR + styleText("dim", line, { stream: stderr }));
}

export function printProblem(problem: string): void {
  stderr.write(`${CLEAR}${styleText("red", `redteam: ${problem}`, { stream: stderr })}\n`);
}

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** One attack and its result, as soon as there is one. */
export function printTried({ row, result }: Tried): void {
  printPassing("");
  const { point, attack, expected } = row;
  const place = `${point.padEnd(17)}  ${attack.padEnd(TITLE)}`;
  if ("skipped" in result) {
    print(`${place}  ${styleText("yellow", "skipped")}  ${result.skipped}`);
    return;
  }
  const harmed = result.harm.length > 0;
  const word = harmed ? styleText(["bold", "red"], "HARMED ") : styleText("green", "ok     ");
  print(`${place}  ${word}  ${expected}; seen: ${result.seen}`);
  for (const harm of result.harm.slice(0, HARM_SHOWN))
    print(`${" ".repeat(21)}${harm.replaceAll(/\s+/g, " ").slice(0, 240)}`);
  const more = result.harm.length - HARM_SHOWN;
  if (more > 0) print(`${" ".repeat(21)}and ${more} more`);
}

/** The line that counts all; returns how many rows were harmed. */
export function printSummary(tried: readonly Tried[], seconds: number): number {
  const harmed = tried.filter(({ result }) => "harm" in result && result.harm.length > 0).length;
  const skipped = tried.filter(({ result }) => "skipped" in result).length;
  const line = `${tried.length} attacks, ${harmed} HARMED, ${skipped} skipped`;
  print(`\n${styleText(["bold", harmed === 0 ? "green" : "red"], line)} (${seconds.toFixed(0)} s)`);
  return harmed;
}
