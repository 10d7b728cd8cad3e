// What a program copied from a response that was answered to it, and must not hand on: gateways copy whole heads.
import type { ServerResponse } from "node:http";
import { HEADER_NAME } from "../codec/header.ts";
import { type HeadArguments, headersOf, isOurs, withHeaders } from "./response-head.ts";

const SERVER_TIMING = "server-timing";
/** Our entry of `Server-Timing`; only beside a copied answer it is certain to be ours. */
const TRACE_ENTRY = /^\s*trace;desc=00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\s*$/;

/** Takes a copied answer out of the head, and the trace that came beside it. */
export function withoutCopied(response: ServerResponse, args: HeadArguments): HeadArguments {
  const isSet = response.hasHeader(HEADER_NAME);
  const headers = headersOf(args);
  const others = headers === undefined ? undefined : withoutOurs(headers);
  if (!isSet && others === headers) return args;
  response.removeHeader(HEADER_NAME);
  removeTrace(response);
  return others === undefined ? args : withHeaders(args, withoutTrace(others));
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

function removeTrace(response: ServerResponse): void {
  const before = response.getHeader(SERVER_TIMING);
  if (before === undefined) return;
  const left = otherEntries(before);
  if (left === undefined) response.removeHeader(SERVER_TIMING);
  else response.setHeader(SERVER_TIMING, left);
}

/** Fields without the entries of ours in `Server-Timing`, and without that field where nothing else is in it. */
function withoutTrace(fields: object): object {
  if (!Array.isArray(fields)) return Object.fromEntries(othersOf(Object.entries(fields)));
  if (Array.isArray(fields[0])) return othersOf(fields);
  const pairs: [unknown, unknown][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.push([fields[i], fields[i + 1]]);
  const whole = othersOf(pairs).flat();
  return fields.length % 2 === 0 ? whole : [...whole, fields.at(-1)];
}

function othersOf<Name>(fields: readonly (readonly [Name, unknown])[]): [Name, unknown][] {
  return fields.flatMap(([name, value]): [Name, unknown][] => {
    if (String(name).toLowerCase() !== SERVER_TIMING) return [[name, value]];
    const left = otherEntries(value);
    return left === undefined ? [] : [[name, left]];
  });
}

/** What else stands in a `Server-Timing` field, in the shape it had; `undefined` where nothing does. */
function otherEntries(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) {
    const left = value.flatMap((item) => otherEntries(item) ?? []);
    return left.length === 0 ? undefined : left;
  }
  const entries = String(value).split(",");
  const left = entries.filter((entry) => !TRACE_ENTRY.test(entry));
  return left.length === 0 ? undefined : left.join(",").trim();
}
