// Runs a program of the command line: its options, its help, its errors, its exit code, and that nothing it started outlives it.
import { type Options, readArguments, type Values } from "./arguments.ts";
import { print, printProblem, printProblems, printVerdict } from "./print.ts";
import { Undo } from "./undo.ts";

/** A program. */
export interface Program<Known extends Options> {
  /** Stands before every problem. @default nothing */
  readonly name?: string;
  /** Printed by `--help`. */
  readonly usage: string;
  /** Options beside `--help`. */
  readonly options: Known;
  /** The last line if nothing is wrong. @default no last line */
  readonly verdict?: string;
  /** Does the work and prints what came of it; returns what is wrong. What it starts, it adds to `undo`. */
  readonly run: (options: Values<Known>, undo: Undo) => Promise<readonly string[]>;
}

const INTERRUPTED = 130;
/** Codes of errors that say what a person can do: a program's own, and those of the lab. */
const EXPLAINED = ["RUN", "LAB"];

/** Runs a program to its end, sets the exit code of this process, and undoes everything however the end comes. */
export async function runProgram<const Known extends Options>(
  program: Program<Known>,
  args: string[] = process.argv.slice(2),
): Promise<void> {
  const undo = new Undo();
  try {
    const exitCode = await Promise.race([codeOf(program, args, undo), untilInterrupted(), untilBroken()]);
    await undo.all();
    if (exitCode === INTERRUPTED) process.exit(INTERRUPTED);
    process.exitCode = exitCode;
  } catch (error) {
    const { code = "", message, stack } = error as Error & { readonly code?: string };
    printProblem(labelled(program.name, EXPLAINED.includes(code) ? message : String(stack)));
    await undo.all().catch(() => {});
    // What was broken off may still be at work.
    process.exit(1);
  }
}

async function codeOf<Known extends Options>(
  program: Program<Known>,
  args: string[],
  undo: Undo,
): Promise<number> {
  const { name, usage, options, verdict, run } = program;
  const values = readArguments(args, options);
  if ((values as { readonly help?: boolean }).help) {
    print(usage.trimEnd());
    return 0;
  }
  const start = performance.now();
  const problems = await run(values, undo);
  printProblems(problems.map((problem) => labelled(name, problem)));
  if (verdict !== undefined) {
    const text = problems.length === 0 ? verdict : `${problems.length} things wrong`;
    printVerdict(problems.length === 0, text, (performance.now() - start) / 1000);
  }
  return problems.length === 0 ? 0 : 1;
}

function labelled(name: string | undefined, text: string): string {
  return name === undefined ? text : `${name}: ${text}`;
}

function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(INTERRUPTED));
  });
}

/** What nobody caught, as when somebody reads the head of a table alone, must not leave processes running. */
function untilBroken(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
  });
}
