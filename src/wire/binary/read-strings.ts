// Reads the table of strings of a tree in the binary format.
import { isUtf8 } from "node:buffer";
import type { Limits } from "../limits.ts";
import type { Meter } from "./meter.ts";

/** Where the text stands, and how it is cut. */
export interface TextFields {
  readonly textAt: number;
  readonly textEnd: number;
  /** Bytes of each string. */
  readonly lengths: readonly number[];
}

/**
 * The strings by number, the empty string first. `undefined`: text that is not UTF-8, lengths that do not add up to it, a
 * string past the limit.
 */
export function readStrings(
  bytes: Buffer,
  { textAt, textEnd, lengths }: TextFields,
  limits: Limits,
  meter: Meter,
): string[] | undefined {
  let sum = 0;
  for (let i = 0; i < lengths.length; i++) {
    meter.steps++;
    sum += lengths[i] as number;
    if (sum > textEnd - textAt) return undefined;
  }
  if (sum !== textEnd - textAt) return undefined;
  const strings = [""];
  meter.steps += sum;
  if (!isUtf8(bytes.subarray(textAt, textEnd))) return undefined;
  const all = bytes.toString("utf8", textAt, textEnd);
  const ascii = all.length === sum;
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    meter.steps++;
    const stop = at + (lengths[i] as number);
    const string = ascii ? all.slice(at, stop) : textOf(bytes, textAt + at, textAt + stop);
    if (string === undefined || string.length > limits.stringChars) return undefined;
    strings.push(string);
    at = stop;
  }
  return strings;
}

/** `undefined` if the string is cut within a character. */
function textOf(text: Buffer, start: number, end: number): string | undefined {
  return isUtf8(text.subarray(start, end)) ? text.toString("utf8", start, end) : undefined;
}
