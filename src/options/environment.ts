// Reads options from the environment. A wrong variable never takes a service down: the log tells it, and what holds instead.
import { getStringFromEnv } from "@opentelemetry/core";
import { faultText, type OptionType, shown } from "./option-types.ts";

/** Takes a line for the log: what is wrong with the environment, and what holds instead. */
export type Complain = (line: string) => void;

const PREFIX = "OTEL_ERROR_TREE_";
/** Switches everything off. It is no option. */
export const DISABLED_VARIABLE = "OTEL_ERROR_TREE_DISABLED";
/** Names of variables that are meant for us, and misspelled ones. */
const LIKE_OURS = /^(?:OTEL_?)?ERROR_?TREE/i;
/** Most unknown variables that are named, and the longest part of a name that is looked at. */
const MOST_NAMED = 5;
const LONGEST_NAME = 64;

/** `headerBytes` is `OTEL_ERROR_TREE_HEADER_BYTES`. */
export function variableOf(option: string): string {
  return PREFIX + option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The value of an option by its variable; the fallback when it is not set, and what holds instead when it is wrong. */
export function valueFromEnv<T>(variable: string, type: OptionType<T>, complain: Complain): T {
  const text = type.fromText && getStringFromEnv(variable);
  return text === undefined ? type.fallback : valueOfText(variable, text, type, complain);
}

/** The value that a text stands for which `source` has. */
export function valueOfText<T>(source: string, text: string, type: OptionType<T>, complain: Complain): T {
  const value = type.fromText?.(text);
  if (type.accepts(value)) return value as T;
  const instead = type.instead(value);
  complain(`${fault(source, text, type, value)}; ${instead.words}`);
  return instead.value;
}

/** Tells a wrong variable although an option in code wins over it. */
export function checkVariable(variable: string, type: OptionType<unknown>, complain: Complain): void {
  const text = type.fromText && getStringFromEnv(variable);
  const value = text === undefined ? undefined : type.fromText?.(text);
  if (text === undefined || type.accepts(value)) return;
  complain(`${fault(variable, text, type, value)}; the option in code holds instead`);
}

function fault(source: string, text: string, type: OptionType<unknown>, value: unknown): string {
  return faultText(source, type.expected, text, type.inWords?.(value));
}

/** Tells variables that are named like ours and are none, which is how a misspelled one looks. Their values may be secrets. */
export function unknownVariables(known: readonly string[]): string | undefined {
  const unknown = Object.keys(process.env).filter((name) => LIKE_OURS.test(name) && !known.includes(name));
  if (unknown.length === 0) return undefined;
  const named = unknown
    .slice(0, MOST_NAMED)
    .map((name) => `${shown(name)} (is ${closest(name, known)} meant?)`);
  const more = unknown.length - named.length;
  return `unknown variables have no effect: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function closest(name: string, known: readonly string[]): string {
  const text = name.slice(0, LONGEST_NAME).toUpperCase();
  let least = Number.POSITIVE_INFINITY;
  let nearest = "";
  for (const one of known) {
    const far = distance(text, one);
    if (far >= least) continue;
    least = far;
    nearest = one;
  }
  return nearest;
}

/** Letters to insert, remove or replace until two texts are the same (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
