// The command line of an end-to-end program: what is wrong with it is told in one line.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { RunError } from "./run-error.ts";

export type Options = NonNullable<ParseArgsConfig["options"]>;
type WithHelp<Known> = Known & { readonly help: { readonly type: "boolean"; readonly short: "h" } };
export type Values<Known extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: WithHelp<Known> }>
>["values"];

/**
 * Values of the options, `--help` among them.
 *
 * @throws RunError for an unknown option, or one without a value
 */
export function readArguments<const Known extends Options>(args: string[], known: Known): Values<Known> {
  try {
    const options: WithHelp<Known> = { ...known, help: { type: "boolean", short: "h" } };
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new RunError(`${(error as Error).message} (--help tells the options)`);
  }
}

/** @throws RunError for anything but a number from `least` to `most` */
export function readNumber(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (value.trim() !== "" && number >= least && number <= most) return number;
  throw new RunError(`${option} must be a number from ${least} to ${most}, got "${value}"`);
}

/** @throws RunError for anything but a whole number from `least` to `most` */
export function readWholeNumber(option: string, value: string, least: number, most: number): number {
  if (value.trim() === "" || Number.isInteger(Number(value))) return readNumber(option, value, least, most);
  throw new RunError(`${option} must be a whole number from ${least} to ${most}, got "${value}"`);
}

/**
 * Names with commas between, in the order of all there are; all of them where the option is absent.
 *
 * @throws RunError for a name that is none
 */
export function readNames<Name extends string>(
  option: string,
  value: string | undefined,
  all: readonly Name[],
): readonly Name[] {
  if (value === undefined) return all;
  const asked = value.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new RunError(`${option} knows ${all.join(", ")}, got "${unknown}"`);
  return all.filter((name) => asked.includes(name));
}
