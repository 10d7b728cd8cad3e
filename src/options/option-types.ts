// The types of values that options can have: how they are checked in code, and read from the environment.
import { mayBeSecret } from "../trust/secrets.ts";

/** A wrong option; thrown at set-up only. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
  readonly code = "ERROR_TREE_OPTION";

  /** `words` say what came in place of the value itself. */
  constructor(option: string, expected: string, got: unknown, words?: string) {
    super(faultText(option, expected, got, words));
  }
}

/** What is wrong with an option or a variable. */
export function faultText(option: string, expected: string, got: unknown, words?: string): string {
  return `${option} must be ${expected}, got ${words ?? `${shown(got)} (${typeof got})`}`;
}

/** Longest text that is shown. */
const LONGEST_SHOWN = 100;

/** A value as an error or the log may tell it: in one line of printable ASCII, and no secret that was put in the wrong place. */
export function shown(value: unknown): string {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  const text = jsonOf(value);
  if (mayBeSecret(text))
    return `${typeof value === "string" ? "a text" : "a value"} of ${text.length} characters`;
  return cut(text);
}

/** A text that is known to be no secret, in the same way. */
export function quoted(text: string): string {
  return cut(JSON.stringify(text));
}

function cut(text: string): string {
  const ascii = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return ascii.length <= LONGEST_SHOWN ? ascii : `${ascii.slice(0, LONGEST_SHOWN)}…`;
}

function jsonOf(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** One type of option. */
export interface OptionType<T> {
  /** What is expected, as the error tells it. */
  readonly expected: string;
  readonly fallback: T;
  /** True for a value that the option can have. */
  accepts(value: unknown): boolean;
  /** The value that a variable's text stands for, checked like any other; absent where no variable can hold one. */
  fromText?(text: string): unknown;
  /** What an error says of a value that it must not show. */
  inWords?(value: unknown): string | undefined;
  /** What holds in place of a variable that is wrong: never what tells more, or trusts more, than the variable could mean. */
  instead(value: unknown): Instead<T>;
}

/** A value, and the words that say so. */
export interface Instead<T> {
  readonly value: T;
  readonly words: string;
}

function always<T>(value: T): () => Instead<T> {
  return () => ({ value, words: `${shown(value)} holds instead` });
}

/** An integer from `least` to `most`. */
export function integer(fallback: number, least: number, most: number): OptionType<number> {
  return {
    expected: `an integer from ${least} to ${most}`,
    fallback,
    accepts: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    fromText: Number,
    instead: always(fallback),
  };
}

/** An integer of at least `least`, or `Infinity`: no limit at all. */
export function limit(fallback: number, least: number): OptionType<number> {
  return {
    expected: `an integer of at least ${least}, or Infinity`,
    fallback,
    accepts: (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= least),
    fromText: Number,
    instead: always(fallback),
  };
}

/** True or false. `ifWrong` holds in place of a wrong variable. */
export function flag(fallback: boolean, ifWrong: boolean = fallback): OptionType<boolean> {
  return {
    expected: "true or false",
    fallback,
    accepts: (value) => typeof value === "boolean",
    fromText(text) {
      const word = text.trim().toLowerCase();
      return word === "true" ? true : word === "false" ? false : text;
    },
    instead: always(ifWrong),
  };
}

/** One of some words. `ifWrong` holds in place of a wrong variable. */
export function choice<T extends string>(fallback: T, words: readonly T[], ifWrong: T): OptionType<T> {
  return {
    expected: words.map((one) => `"${one}"`).join(" or "),
    fallback,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text.trim(),
    instead: always(ifWrong),
  };
}

/** One of some words, or absent. */
export function word<T extends string>(words: readonly T[], absent: string): OptionType<T | undefined> {
  return {
    expected: `${words.map((one) => `"${one}"`).join(" or ")}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text.trim(),
    instead: () => ({ value: undefined, words: `it counts as absent (${absent})` }),
  };
}

/** A list of texts, in a variable separated by commas, or absent. The right ones of a wrong variable hold. */
export function texts(
  what: string,
  absent: string,
  isOne: (text: string) => boolean = (text) => text !== "",
): OptionType<readonly string[] | undefined> {
  const isRight = (item: unknown): item is string => typeof item === "string" && isOne(item);
  return {
    expected: `a list of ${what}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) => Array.isArray(value) && value.every(isRight),
    fromText: (text) => text.split(",").map((item) => item.trim()),
    instead(value) {
      const right = Array.isArray(value) ? value.filter(isRight) : [];
      return {
        value: right,
        words: `${right.length === 0 ? "an empty list" : shown(right.join(","))} holds instead`,
      };
    },
  };
}

/** Something that no error may show, or absent. */
export function secret<T>(
  expected: string,
  /** Says what is wrong with a value, without any part of it. */
  fault: (value: unknown) => string | undefined,
  instead: (value: unknown) => Instead<T | undefined>,
): OptionType<T | undefined> {
  return {
    expected,
    fallback: undefined,
    accepts: (value) => fault(value) === undefined,
    fromText: (text) => text,
    inWords: fault,
    instead,
  };
}

/** A function, which no variable can hold, or absent. */
export function callback<T extends (...args: never[]) => unknown>(
  signature: string,
): OptionType<T | undefined> {
  return {
    expected: `a function ${signature}, or absent`,
    fallback: undefined,
    accepts: (value) => typeof value === "function",
    instead: () => ({ value: undefined, words: "it counts as absent" }),
  };
}
