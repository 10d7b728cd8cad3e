// Reduces a request, as far as it is known when its span starts, to a shape that it shares with others of its operation.
import type { Attributes, SpanKind } from "@opentelemetry/api";

/** Longest shape, in characters; what comes behind does not count. */
export const LONGEST_SHAPE = 160;
/** A part that is longer than this is an id, whatever it consists of. */
const LONGEST_WORD = 32;
/** A part with so many digits is an id, and so is a long one with any. */
const DIGITS_OF_ID = 4;
const LENGTH_OF_ID = 16;

/** Method and path without ids and query; for other requests the name of the span, without ids too. */
export function shapeOf(kind: SpanKind, name: string, attributes: Attributes): string {
  const path = attributes["url.path"] ?? attributes["http.target"];
  if (typeof path !== "string") return `${kind} ${withoutIds(name)}`;
  const method = attributes["http.request.method"] ?? attributes["http.method"];
  return `${kind} ${typeof method === "string" ? method : ""} ${withoutIds(path)}`;
}

/**
 * The shape with any last part of the path: `/blog/how-to-cook` becomes `/blog/*`, for ids that are made of words. `undefined` if it
 * has no path, or has one of a single part only: that would stand for every path of the service.
 */
export function withAnyEnd(shape: string): string | undefined {
  const end = shape.lastIndexOf("/");
  return end > shape.indexOf("/") ? `${shape.slice(0, end)}/*` : undefined;
}

/** The text up to its query. Parts that look like an id as a whole become `*`, and numbers in words 0. */
export function withoutIds(text: string): string {
  const most = Math.min(text.length, LONGEST_SHAPE);
  let shape = "";
  let start = 0;
  let digits = 0;
  for (let i = 0; i <= most; i++) {
    // An end is no character: NaN equals none.
    const unit = i === most ? Number.NaN : text.charCodeAt(i);
    if (unit >= ZERO && unit <= NINE) digits++;
    const isOver = i === most || unit === QUESTION_MARK || unit === HASH;
    if (!isOver && unit !== SLASH && unit !== SPACE) continue;
    shape += partOf(text, start, i, digits);
    if (isOver) return shape;
    shape += unit === SLASH ? "/" : " ";
    start = i + 1;
    digits = 0;
  }
  return shape;
}

const ZERO = 48;
const NINE = 57;
const SLASH = 47;
const SPACE = 32;
const QUESTION_MARK = 63;
const HASH = 35;

function partOf(text: string, start: number, end: number, digits: number): string {
  const length = end - start;
  const isLong = length > LONGEST_WORD || digits >= DIGITS_OF_ID;
  if (isLong || (digits > 0 && (digits === length || length >= LENGTH_OF_ID))) return "*";
  const part = text.slice(start, end);
  // `v1` and `v2` are two operations.
  if (digits === 0 || (part.startsWith("v") && digits === length - 1)) return part;
  let word = "";
  let wasDigit = false;
  for (let i = 0; i < length; i++) {
    const unit = part.charCodeAt(i);
    const isDigit = unit >= ZERO && unit <= NINE;
    if (!isDigit) word += part[i];
    else if (!wasDigit) word += "0";
    wasDigit = isDigit;
  }
  return word;
}
