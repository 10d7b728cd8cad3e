// The types of values that options can have: how they are checked in code, and read from the environment.

/** A wrong option or environment variable; thrown at set-up only. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
  readonly code = "ERROR_TREE_OPTION";

  /** `words` say what came in place of the value itself. */
  constructor(option: string, expected: string, got: unknown, words?: string) {
    super(`${option} must be ${expected}, got ${words ?? `${shown(got)} (${typeof got})`}`);
  }
}

function shown(value: unknown): string {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  try {
    return JSON.stringify(value);
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
}

/** An integer from `least` to `most`. */
export function integer(fallback: number, least: number, most: number): OptionType<number> {
  return {
    expected: `an integer from ${least} to ${most}`,
    fallback,
    accepts: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    fromText: Number,
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
  };
}

/** True or false. */
export function flag(fallback: boolean): OptionType<boolean> {
  return {
    expected: "true or false",
    fallback,
    accepts: (value) => typeof value === "boolean",
    fromText(text) {
      const word = text.trim().toLowerCase();
      return word === "true" ? true : word === "false" ? false : text;
    },
  };
}

/** One of some words. */
export function choice<T extends string>(fallback: T, words: readonly T[]): OptionType<T> {
  return {
    expected: words.map((one) => `"${one}"`).join(" or "),
    fallback,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text,
  };
}

/** One of some words, or absent. */
export function word<T extends string>(words: readonly T[], absent: string): OptionType<T | undefined> {
  return {
    expected: `${words.map((one) => `"${one}"`).join(" or ")}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text,
  };
}

/** A list of texts, in a variable separated by commas, or absent. */
export function texts(
  what: string,
  absent: string,
  isOne: (text: string) => boolean = (text) => text !== "",
): OptionType<readonly string[] | undefined> {
  return {
    expected: `a list of ${what}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string" && isOne(item)),
    fromText: (text) => text.split(",").map((item) => item.trim()),
  };
}

/** Something that no error may show, or absent. `fault` says what is wrong with a value, without any part of it. */
export function secret<T>(
  expected: string,
  fault: (value: unknown) => string | undefined,
): OptionType<T | undefined> {
  return {
    expected,
    fallback: undefined,
    accepts: (value) => fault(value) === undefined,
    fromText: (text) => text,
    inWords: fault,
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
  };
}
