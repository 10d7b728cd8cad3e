// Defines the types of values that options can have: how a value in code is checked, and how a variable is read.
import { mayBeSecret } from "../trust/secrets.ts";

/** A wrong option in code. Thrown at set-up, and by `failRequest` for a code that does not exist. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
  readonly code = "ERROR_TREE_OPTION";

  /** `words` describe a value that must not be shown. */
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

/** A value as an error or the log may show it: one line of printable ASCII, and never a secret that was put in the wrong place. */
export function shown(value: unknown): string {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  const text = jsonOf(value);
  if (mayBeSecret(text))
    return `${typeof value === "string" ? "a text" : "a value"} of ${text.length} characters`;
  return cut(text);
}

/** The same for a text that is known not to be a secret. */
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
  /** What is expected, in the words of the error and of docs/options.md. */
  readonly expected: string;
  readonly fallback: T;
  /** True for a valid value. */
  accepts(value: unknown): boolean;
  /** The value of a variable's text, to be checked like any other. Absent if the option has no variable. */
  fromText?(text: string): unknown;
  /** Describes a value that must not be shown in an error. */
  inWords?(value: unknown): string | undefined;
  /** What holds in place of a wrong variable. It must not reveal more or trust more than what the user may have meant. */
  instead(value: unknown): Instead<T>;
}

/** The value that holds instead, and the words for the log. */
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

/** An integer from `least` to `most`, or absent. */
export function integerOrNone(least: number, most: number, absent: string): OptionType<number | undefined> {
  const type = integer(least, least, most);
  return {
    ...type,
    expected: `${type.expected}, or absent for ${absent}`,
    fallback: undefined,
    instead: () => ({ value: undefined, words: `it counts as absent (${absent})` }),
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

/** True or false. `ifWrong` holds instead of a wrong variable. */
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

/** True, false or a word. `ifWrong` holds instead of a wrong variable. */
export function flagOr<T extends string>(
  fallback: boolean,
  other: T,
  ifWrong: boolean,
): OptionType<boolean | T> {
  return {
    ...flag(fallback, ifWrong),
    expected: `true, false or "${other}"`,
    accepts: (value) => typeof value === "boolean" || value === other,
    fromText(text) {
      const word = text.trim().toLowerCase();
      return word === "true" ? true : word === "false" ? false : word === other ? other : text;
    },
  };
}

/** One of several words. `ifWrong` holds instead of a wrong variable. */
export function choice<T extends string>(fallback: T, words: readonly T[], ifWrong: T): OptionType<T> {
  return {
    expected: words.map((one) => `"${one}"`).join(" or "),
    fallback,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text.trim(),
    instead: always(ifWrong),
  };
}

/** One of several words, or absent. */
export function word<T extends string>(words: readonly T[], absent: string): OptionType<T | undefined> {
  return {
    expected: `${words.map((one) => `"${one}"`).join(" or ")}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) => words.some((one) => one === value),
    fromText: (text) => text.trim(),
    instead: () => ({ value: undefined, words: `it counts as absent (${absent})` }),
  };
}

/** A path, or absent. */
export function path(what: string, absent: string): OptionType<string | undefined> {
  return {
    expected: `${what}, or absent for ${absent}`,
    fallback: undefined,
    accepts: (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
    fromText: (text) => text.trim(),
    instead: () => ({ value: undefined, words: `it counts as absent (${absent})` }),
  };
}

/** A list of texts, or absent; in a variable they are separated by commas. Of a wrong variable the valid texts hold. */
export function texts(
  what: string,
  absent: string,
  isOne: (text: string) => boolean,
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

/** A secret, which no error may show, or absent. */
export function secret<T>(
  expected: string,
  /** Says what is wrong with a value without showing any part of it. */
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

/** A function, or an object of lists of texts and perhaps the function, or absent. It has no variable. */
export function callbackOrRules<T>(
  signature: string,
  lists: readonly string[],
  hook: string,
): OptionType<T | undefined> {
  const isList = (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "");
  return {
    expected: `a function ${signature}, or an object with lists of texts ${lists.join(" and ")}, and a function ${hook}, or absent`,
    fallback: undefined,
    accepts(value) {
      if (typeof value === "function") return true;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      return Object.entries(value).every(([name, own]) => {
        if (own === undefined) return true;
        return name === hook ? typeof own === "function" : lists.includes(name) && isList(own);
      });
    },
    instead: () => ({ value: undefined, words: "it counts as absent" }),
  };
}

/** A function, or absent. It has no variable. */
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
