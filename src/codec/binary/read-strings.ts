// The table of strings of a tree in the binary format.
import { isUtf8 } from "node:buffer";
import type { Limits } from "../limits.ts";
import { unpack } from "./lz4.ts";
import type { Meter } from "./meter.ts";

/** Where the text stands, and how it is cut. */
export interface TextFields {
  readonly textAt: number;
  readonly textEnd: number;
  /** Bytes of the text before compression; 0 where it is not compressed. */
  readonly textBytes: number;
  /** Bytes of each string. */
  readonly lengths: readonly number[];
}

/**
 * The strings by number, the empty string first. `undefined`: a block that does not unpack to what was said, text that is
 * not UTF-8, lengths that do not add up to it, a string past the limit.
 */
export function readStrings(
  bytes: Buffer,
  fields: TextFields,
  limits: Limits,
  meter: Meter,
): string[] | undefined {
  const { textAt, textEnd, textBytes, lengths } = fields;
  let text = bytes;
  let start = textAt;
  let end = textEnd;
  if (textBytes > 0) {
    text = Buffer.allocUnsafe(textBytes);
    if (!unpack(bytes, textAt, textEnd, text, textBytes, meter)) return undefined;
    start = 0;
    end = textBytes;
  }
  let sum = 0;
  for (let i = 0; i < lengths.length; i++) {
    meter.steps++;
    sum += lengths[i] as number;
    if (sum > end - start) return undefined;
  }
  if (sum !== end - start) return undefined;
  const strings = [""];
  meter.steps += sum;
  if (!isUtf8(text.subarray(start, end))) return undefined;
  const all = text.toString("utf8", start, end);
  const ascii = all.length === sum;
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    meter.steps++;
    const stop = at + (lengths[i] as number);
    const string = ascii ? all.slice(at, stop) : textOf(text, start + at, start + stop);
    if (string === undefined || string.length > limits.stringChars) return undefined;
    strings.push(string);
    at = stop;
  }
  return strings;
}

/** `undefined` where the string is cut within a character. */
function textOf(text: Buffer, start: number, end: number): string | undefined {
  return isUtf8(text.subarray(start, end)) ? text.toString("utf8", start, end) : undefined;
}
