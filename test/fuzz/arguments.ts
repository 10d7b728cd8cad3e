// The options of `npm run fuzz`.
import { parseArgs } from "node:util";
import { TARGETS, type TargetName } from "./targets.ts";

/** What to run. */
export interface FuzzArguments {
  readonly runs: number;
  readonly seed: number;
  /** Absent: all of them. */
  readonly target?: TargetName;
}

export const USAGE: string = `Usage: npm run fuzz -- [options]

Reads random bytes, damaged headers and nearly valid messages, and checks that nothing throws, that what is understood
keeps its limits, that the work follows from the number of bytes, and that no memory is kept.

  --runs N         inputs (default: 100000)
  --seed S         a whole number; the same seed makes the same inputs (default: another one each time)
  --target NAME    ${TARGETS.join(", ")} (default: all)
  --help           this text`;

/** Something that the person at the keyboard can put right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "FUZZ_USAGE";
}

/**
 * Reads the command line.
 *
 * @throws UsageError where it says something else
 */
export function readArguments(args: string[]): FuzzArguments | "help" {
  const { help, runs = "100000", seed, target } = parse(args);
  if (help) return "help";
  return {
    runs: wholeNumber("runs", runs, 1),
    seed: seed === undefined ? Date.now() % 2 ** 32 : wholeNumber("seed", seed, 0),
    ...(target === undefined ? undefined : { target: targetName(target) }),
  };
}

function targetName(name: string): TargetName {
  const known = TARGETS.find((target) => target === name);
  if (known !== undefined) return known;
  throw new UsageError(`there is no target ${name}, only ${TARGETS.join(", ")}`);
}

function parse(args: string[]): { help?: boolean; runs?: string; seed?: string; target?: string } {
  const text = { type: "string" } as const;
  const options = { help: { type: "boolean", short: "h" }, runs: text, seed: text, target: text } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replaceAll("\n", " ")} (--help tells the options)`);
  }
}

function wholeNumber(option: string, value: string, least: number): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(`--${option} must be a whole number from ${least} on, got "${value}"`);
}
