// Everything the program prints; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import { VARIANTS } from "./stage.ts";

/** How the program is used. */
export const USAGE = `Usage: npm run e2e:causes -- [options]

Runs small programs as people write them (express, fastify, koa and node:http; fetch, axios, got and pg against a real
PostgreSQL), each of which fails in its own way, and compares the root cause that its answer tells with the one that its
author would name: in the header, with 1,024 and 256 bytes and without messages, in the exported spans through
otel-error-tree render, and with --every-span.

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

/** The table, and what every wrong door tells instead; returns the programs that are wrong. */
export function printReport(rows: readonly Row[], withText: boolean): string[] {
  const lines = [
    ["program", ...DOORS, "the author says"],
    ...rows.map(({ program, told, author }) => [
      program,
      ...told.map((text) => (text === "" ? "ok" : "WRONG")),
      author,
    ]),
  ];
  print(aligned(lines, "texts"));
  const wrong = rows.filter(isWrong);
  for (const { program, author, told, problems, text } of withText ? rows : wrong) {
    print(`\n${program}: ${author}`);
    for (const [i, what] of told.entries()) if (what !== "") print(`  ${DOORS[i]}: ${what}`);
    for (const problem of problems) print(`  ${problem}`);
    print(text.replace(/^/gm, "    "));
  }
  print(`
${rows.length} programs`);
  return wrong.map(({ program }) => `${program} tells another cause than its author`);
}

function isWrong({ told, problems }: Row): boolean {
  return problems.length > 0 || told.some((text) => text !== "");
}
