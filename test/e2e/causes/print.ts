// Everything the program prints; in colour only on a terminal.
import { styleText } from "node:util";
import { VARIANTS } from "./stage.ts";

/** How the program is used. */
export const USAGE = `Usage: npm run e2e:causes -- [options]

Runs small programs as people write them (express, fastify, koa and node:http; fetch, axios, got and pg against a real
PostgreSQL), each of which fails in its own way, and compares the root cause that its answer tells with the one that its
author would name: in the header, with 1,024 and 256 bytes and without messages, in the exported spans through
error-tree render, and with --every-span.

  --only NAMES  programs, with commas between (default: all of them)
  --text        print the trees, too
  --help        print this

Exit code 1 when a cause is another one. Programs over PostgreSQL are left out where it is not installed, which is said.
`;

/** Where a cause is told. */
export const DOORS: readonly string[] = [...VARIANTS.map(({ title }) => title), "spans", "every span"];

/** What came of one program. */
export interface Row {
  readonly program: string;
  readonly author: string;
  /** By door: `""` where it tells the author's cause, else what it tells. */
  readonly told: readonly string[];
  /** What else is wrong. */
  readonly problems: readonly string[];
  /** The tree of the first header. */
  readonly text: string;
}

const { stderr } = process;

/** One line of progress on standard error. */
export function printProgress(line: string): void {
  stderr.write(`${styleText("dim", line, { stream: stderr })}\n`);
}

export function printProblem(problem: string): void {
  stderr.write(`${styleText("red", `causes: ${problem}`, { stream: stderr })}\n`);
}

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** The table, what every wrong door tells instead, and the line that counts; returns how many programs are wrong. */
export function printReport(rows: readonly Row[], withText: boolean): number {
  const lines = [
    ["program", ...DOORS, "the author says"],
    ...rows.map(({ program, told, author }) => [
      program,
      ...told.map((text) => (text === "" ? "ok" : "WRONG")),
      author,
    ]),
  ];
  print(columns(lines));
  const wrong = rows.filter(isWrong);
  for (const { program, author, told, problems, text } of withText ? rows : wrong) {
    print(`\n${program}: ${author}`);
    for (const [i, what] of told.entries()) if (what !== "") print(`  ${DOORS[i]}: ${what}`);
    for (const problem of problems) print(`  ${problem}`);
    print(text.replace(/^/gm, "    "));
  }
  const verdict = wrong.length === 0 ? "all as their authors say" : `${wrong.length} of ${rows.length} wrong`;
  print(
    `\n${styleText(["bold", wrong.length === 0 ? "green" : "red"], `${rows.length} programs, ${verdict}`)}`,
  );
  return wrong.length;
}

function isWrong({ told, problems }: Row): boolean {
  return problems.length > 0 || told.some((text) => text !== "");
}

function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
