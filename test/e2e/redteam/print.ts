// Everything that the attacks print; in colour only on a terminal.
import { styleText } from "node:util";
import { print, printPassing } from "../../../collector-config/program/print.ts";
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

/** The rows that were harmed. */
export function harmedIn(tried: readonly Tried[]): string[] {
  return tried.flatMap(({ row, result }) =>
    "harm" in result && result.harm.length > 0 ? [`${row.point} ${row.attack}: HARMED`] : [],
  );
}

/** How many attacks there were. */
export function printSummary(tried: readonly Tried[]): void {
  const skipped = tried.filter(({ result }) => "skipped" in result).length;
  print(`
${tried.length} attacks, ${harmedIn(tried).length} HARMED, ${skipped} skipped`);
}
