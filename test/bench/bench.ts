// What a bench is, and what all of them share: options that are numbers, and errors that a person can act on.
import { parseArgs } from "node:util";

/** One bench, by name in `main.ts`. */
export interface Bench {
  /** What is measured, and the options; printed by `--help`. */
  readonly usage: string;
  /** Measures and prints; throws a {@link BenchError} where an option or the result is wrong. */
  run(args: readonly string[]): Promise<void>;
}

/** Something that the person at the keyboard can put right, or a result that is no result; shown without a stack trace. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code = "BENCH";
}

/**
 * Options of whole numbers, each at least 1, with their defaults.
 *
 * @throws BenchError for an unknown option or another value
 */
export function readNumbers<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const values = readTexts(args, Object.keys(defaults) as Name[]);
  const numbers: Record<Name, number> = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value = values[name];
    if (value !== undefined) numbers[name] = wholeNumber(name, value);
  }
  return numbers;
}

/**
 * Options as they were given.
 *
 * @throws BenchError for an unknown option, or one without a value
 */
export function readTexts<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options }).values as Partial<Record<Name, string>>;
  } catch (error) {
    throw new BenchError(`${(error as Error).message} (--help tells the options)`);
  }
}

/** @throws BenchError for anything but a whole number of at least 1 */
export function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isSafeInteger(number) && number >= 1) return number;
  throw new BenchError(`--${option} must be a whole number from 1 on, got "${value}"`);
}

/** What a bench is doing, beside its result. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
