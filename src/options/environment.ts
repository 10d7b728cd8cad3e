// Reads options from the environment. A wrong variable never keeps a service from starting: the log says what is wrong with it, and
// which value holds instead.
import { getStringFromEnv } from "@opentelemetry/core";
import { faultText, type OptionType, quoted, shown } from "./option-types.ts";

/** Takes a line for the log: what is wrong with the environment, and which value holds instead. */
export type Complain = (line: string) => void;

const PREFIX = "OTEL_ERROR_TREE_";
/** Switches everything off. It is not an option. */
export const DISABLED_VARIABLE = "OTEL_ERROR_TREE_DISABLED";
/** Switches the flow counts off. It is not an option. */
export const FLOW_VARIABLE = "OTEL_ERROR_TREE_FLOW";
/** Names of variables that are meant for us, misspelled ones included. Those of the observatory concern no service. */
const LIKE_OURS = /^(?!ERROR_TREE_OBSERVATORY_)(?:OTEL_?)?ERROR_?TREE/i;
/** Most unknown variables that are named, and how much of a name is compared with those that we know. */
const MOST_NAMED = 5;
const LONGEST_NAME = 64;
/** A name that differs in more letters is not a misspelled one: nothing is suggested. */
const MOST_TYPOS = 5;
/** A name without digits is shown although it is long; any other long one may hold a secret that was pasted into it. */
const WORDS = /^[A-Z_]+$/i;

/** The variable of an option: `OTEL_ERROR_TREE_HEADER_BYTES` for `headerBytes`. */
export function variableOf(option: string): string {
  return PREFIX + option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The value of an option from its variable: the default if it is not set, and if it is wrong the value that holds instead. */
export function valueFromEnv<T>(variable: string, type: OptionType<T>, complain: Complain): T {
  const text = type.fromText && getStringFromEnv(variable);
  return text === undefined ? type.fallback : valueOfText(variable, text, type, complain);
}

/** The value of a text that was found in `source`. */
export function valueOfText<T>(source: string, text: string, type: OptionType<T>, complain: Complain): T {
  const value = type.fromText?.(text);
  if (type.accepts(value)) return value as T;
  const instead = type.instead(value);
  complain(`${fault(source, text, type, value)}; ${instead.words}`);
  return instead.value;
}

/** Reports a wrong variable although an option in code overrides it. */
export function checkVariable(variable: string, type: OptionType<unknown>, complain: Complain): void {
  const text = type.fromText && getStringFromEnv(variable);
  const value = text === undefined ? undefined : type.fromText?.(text);
  if (text === undefined || type.accepts(value)) return;
  complain(`${fault(variable, text, type, value)}; the option in code holds instead`);
}

function fault(source: string, text: string, type: OptionType<unknown>, value: unknown): string {
  return faultText(source, type.expected, text, type.inWords?.(value));
}

/** Names variables that look like ours and are unknown, as misspelled ones do. Never their values: they may be secrets. */
export function unknownVariables(known: readonly string[]): string | undefined {
  const unknown = Object.keys(process.env).filter((name) => LIKE_OURS.test(name) && !known.includes(name));
  if (unknown.length === 0) return undefined;
  const named = unknown.slice(0, MOST_NAMED).map((name) => {
    const text = WORDS.test(name) ? quoted(name) : shown(name);
    const meant = closest(name, known);
    return meant === undefined ? text : `${text} (is ${meant} meant?)`;
  });
  const more = unknown.length - named.length;
  return `unknown variables have no effect: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function closest(name: string, known: readonly string[]): string | undefined {
  const text = name.slice(0, LONGEST_NAME).toUpperCase();
  let least = MOST_TYPOS + 1;
  let nearest: string | undefined;
  for (const one of known) {
    const far = distance(text, one);
    if (far >= least) continue;
    least = far;
    nearest = one;
  }
  return nearest;
}

/** How many letters must be inserted, removed or replaced to make one text the other (Levenshtein distance). */
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
