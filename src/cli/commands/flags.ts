// Declares the options that several commands share, and reads their values.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandEnvironment } from "../environment.ts";

/** How output is drawn, as the user gave it; what depends on the terminal is decided later. */
export interface StyleFlags {
  readonly color: "auto" | "always" | "never";
  readonly width: number | undefined;
}

/** How output is drawn. */
interface Style {
  readonly colour: boolean;
  readonly width: number;
}

/** `--header`, which may be given several times, for {@link Command.option}. */
export const HEADER_OPTION: [
  flags: string,
  description: string,
  more: (field: string, others?: readonly string[]) => readonly string[],
] = [
  "-H, --header <field>",
  "a field for every request, as 'Name: value'; may be given several times",
  (field, others = []) => [...others, field],
];

/** Adds `--color` and `--width`. */
export function addStyleOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-c, --color [when]", "colours; auto: on a terminal, unless NO_COLOR is set")
        .choices(["auto", "always", "never"])
        .preset("always")
        .default("auto"),
    )
    .option(
      "-w, --width <columns>",
      "wrap lines at so many columns (default: those of the terminal, else 120)",
      integer(40, 10_000),
    );
}

export function styleOf({ color, width }: StyleFlags, environment: CommandEnvironment): Style {
  return {
    colour: color === "always" || (color === "auto" && isColourful(environment)),
    // A terminal without a known size says 0.
    width: width ?? (environment.columns || 120),
  };
}

/** Source: https://no-color.org. */
function isColourful({ columns, env }: CommandEnvironment): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  return columns !== undefined && env.TERM !== "dumb";
}

/** Reads an integer within both bounds. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== "") return value;
    throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`);
  };
}
