// What a program copied from a response that was answered to it, and must not hand on: gateways copy whole heads.
import type { ServerResponse } from "node:http";
import { HEADER_NAME } from "../codec/header.ts";
import { type HeadArguments, headersOf, isOurs, nameIn, withHeaders } from "./response-head.ts";

const SERVER_TIMING = "server-timing";
/** An entry of `Server-Timing` as we write it; the program may have one of its own. */
const TRACE_ENTRY = /^\s*trace;desc=(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})\s*$/;

/** True for the `traceparent` in an entry that was copied. */
type IsCopied = (traceparent: string) => boolean;

/** A request as far as it is known whether a `traceparent` is that of a service beneath it that answered. */
interface Caller {
  isOfCallee(traceparent: string): boolean;
}

/**
 * Takes a copied answer out of the head, and the trace that came beside one: known by the copied answer, or, where the
 * gateway took over only some fields, by what its callers know of the request.
 */
export function withoutCopied(
  response: ServerResponse,
  args: HeadArguments,
  callers: readonly Caller[],
): HeadArguments {
  const isSet = response.hasHeader(HEADER_NAME);
  const headers = headersOf(args);
  const others = headers === undefined ? undefined : withoutOurs(headers);
  const hasCopy = isSet || others !== headers;
  const isTimed = response.hasHeader(SERVER_TIMING) || nameIn(headers, SERVER_TIMING) !== undefined;
  if (!hasCopy && !isTimed) return args;
  if (isSet) response.removeHeader(HEADER_NAME);
  const left = others === headers ? args : withHeaders(args, others);
  if (!isTimed) return left;
  return withoutTrace(
    response,
    left,
    (traceparent) => hasCopy || callers.some((caller) => caller.isOfCallee(traceparent)),
  );
}

/** Fields in any of the three shapes without those of our name; the same object where there are none. */
export function withoutOurs(fields: object): object {
  if (!Array.isArray(fields)) {
    for (const name of Object.keys(fields)) {
      if (isOurs(name)) return Object.fromEntries(Object.entries(fields).filter(([key]) => !isOurs(key)));
    }
    return fields;
  }
  if (Array.isArray(fields[0])) {
    return fields.some((field) => isOurs(field[0])) ? fields.filter((field) => !isOurs(field[0])) : fields;
  }
  // Names alone decide: an array with a value too few stays wrong, for node to say so.
  if (!fields.some((name: unknown, i: number) => i % 2 === 0 && isOurs(name))) return fields;
  return fields.filter((_: unknown, i: number) => !isOurs(fields[i - (i % 2)]));
}

/** The head without such entries, and without the field where nothing else is in it; untouched where there are none. */
function withoutTrace(response: ServerResponse, args: HeadArguments, isCopied: IsCopied): HeadArguments {
  const before = response.getHeader(SERVER_TIMING);
  if (before !== undefined && hasCopied(before, isCopied)) {
    const left = otherEntries(before, isCopied);
    if (left === undefined) response.removeHeader(SERVER_TIMING);
    else response.setHeader(SERVER_TIMING, left);
  }
  const headers = headersOf(args);
  if (headers === undefined || !hasCopied(valuesIn(headers), isCopied)) return args;
  return withHeaders(args, otherFields(headers, isCopied));
}

/** Values of the field in headers of any of the three shapes. */
function valuesIn(headers: object): unknown[] {
  return fieldPairs(headers).flatMap(([name, value]) => (isTiming(name) ? [value] : []));
}

/** Headers without copied entries, in the shape that they have. */
function otherFields(headers: object, isCopied: IsCopied): object {
  const left = fieldPairs(headers).flatMap(([name, value]): [unknown, unknown][] => {
    if (!isTiming(name)) return [[name, value]];
    const entries = otherEntries(value, isCopied);
    return entries === undefined ? [] : [[name, entries]];
  });
  if (!Array.isArray(headers)) return Object.fromEntries(left as [string, unknown][]);
  if (Array.isArray(headers[0])) return left;
  // A value too few stays too few, for node to say so.
  return headers.length % 2 === 0 ? left.flat() : [...left.flat(), headers.at(-1)];
}

function fieldPairs(headers: object): (readonly [unknown, unknown])[] {
  if (!Array.isArray(headers)) return Object.entries(headers);
  if (Array.isArray(headers[0])) return headers;
  const pairs: [unknown, unknown][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  return pairs;
}

function isTiming(name: unknown): boolean {
  return String(name).toLowerCase() === SERVER_TIMING;
}

function hasCopied(value: unknown, isCopied: IsCopied): boolean {
  if (Array.isArray(value)) return value.some((item) => hasCopied(item, isCopied));
  return String(value)
    .split(",")
    .some((entry) => isCopiedEntry(entry, isCopied));
}

/** What else stands in a `Server-Timing` field, in the shape it had; `undefined` where nothing does. */
function otherEntries(value: unknown, isCopied: IsCopied): string | string[] | undefined {
  if (Array.isArray(value)) {
    const left = value.flatMap((item) => otherEntries(item, isCopied) ?? []);
    return left.length === 0 ? undefined : left;
  }
  const left = String(value)
    .split(",")
    .filter((entry) => !isCopiedEntry(entry, isCopied));
  return left.length === 0 ? undefined : left.join(",").trim();
}

function isCopiedEntry(entry: string, isCopied: IsCopied): boolean {
  const traceparent = TRACE_ENTRY.exec(entry)?.[1];
  return traceparent !== undefined && isCopied(traceparent);
}
