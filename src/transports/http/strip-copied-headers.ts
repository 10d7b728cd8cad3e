// Removes what a program copied from a response to its own call, and must not hand on: gateways copy whole heads.
import type { ServerResponse } from "node:http";
import { HEADER_NAME } from "../../wire/header.ts";
import { GivenFields, hasField } from "../given-fields.ts";
import { otherItems, saysOurs } from "../vary.ts";
import { type HeadArguments, headersOf, ResponseHead } from "./response-head.ts";

const SERVER_TIMING = "server-timing";
const VARY = "vary";
/** An entry of `Server-Timing` as we write it. The program may write one like it itself. */
const TRACE_ENTRY = /^\s*trace;desc=(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})\s*$/;

/** True for a `traceparent` in an entry that was copied. */
type IsCopied = (traceparent: string) => boolean;

/** Knows of a request whether a `traceparent` is that of a service that it called. */
interface Caller {
  isOfCallee(traceparent: string): boolean;
}

/**
 * Removes a copied answer from the head, our item of `Vary`, and the trace that came with an answer. Such a trace is known by the
 * copied answer, or, if the gateway copied only some of the fields, by the spans of the request's calls.
 */
export function stripCopied(
  response: ServerResponse,
  args: HeadArguments,
  callers: readonly Caller[],
): HeadArguments {
  const hasCopy = has(response, args, HEADER_NAME);
  const isTimed = has(response, args, SERVER_TIMING);
  const isVaried = saysOurs(response.getHeader(VARY)) || isGiven(args, VARY);
  if (!hasCopy && !isTimed && !isVaried) return args;
  const head = new ResponseHead(response, args);
  if (hasCopy) head.change(HEADER_NAME, () => undefined);
  if (isVaried) head.change(VARY, otherItems);
  if (isTimed) {
    const isCopied: IsCopied = (traceparent) =>
      hasCopy || callers.some((caller) => caller.isOfCallee(traceparent));
    head.change(SERVER_TIMING, (value) => otherEntries(value, isCopied));
  }
  return head.args;
}

function has(response: ServerResponse, args: HeadArguments, field: string): boolean {
  return response.hasHeader(field) || isGiven(args, field);
}

function isGiven(args: HeadArguments, field: string): boolean {
  const headers = headersOf(args);
  return typeof headers === "object" && headers !== null && hasField(headers, field);
}

/** The fields without those of our name; the same object if there are none. */
export function withoutOurs(fields: object): object {
  if (!hasField(fields, HEADER_NAME)) return fields;
  const others = new GivenFields(fields);
  others.change(HEADER_NAME, () => undefined);
  return others.toGiven();
}

/**
 * A `Server-Timing` value without copied entries, in the same shape; `undefined` if nothing is left, and the value itself if
 * there are no copied entries.
 */
function otherEntries(value: unknown, isCopied: IsCopied): unknown {
  if (Array.isArray(value)) {
    const left = value.map((item) => otherEntries(item, isCopied));
    if (left.every((item, i) => item === value[i])) return value;
    const others = left.filter((item) => item !== undefined);
    return others.length === 0 ? undefined : others;
  }
  const entries = String(value).split(",");
  const left = entries.filter((entry) => !isCopiedEntry(entry, isCopied));
  if (left.length === entries.length) return value;
  return left.length === 0 ? undefined : left.join(",").trim();
}

function isCopiedEntry(entry: string, isCopied: IsCopied): boolean {
  const traceparent = TRACE_ENTRY.exec(entry)?.[1];
  return traceparent !== undefined && isCopied(traceparent);
}
