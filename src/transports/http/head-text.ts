// Changes the head of a response, or its trailers, as node:http has written them: a text of lines, before it is sent.
//
// What the program gives to `writeHead` is left alone. So nothing of ours is among the fields that it can read back, node judges
// its fields as it does without us, and no shape of them has to be known here. Names and values hold no line ends: node sees to it.
import { HEADER_NAME } from "../../wire/header.ts";
import { isNamed } from "../field-name.ts";
import { otherItems } from "../vary.ts";

const LINE_END = "\r\n";
/** A character that is never in what we write. */
const NO_VALUE = /[^\x20-\x7e]/;
/**
 * What may be a copy of ours: our name in any case, also as an item of `Vary`, or the trace of an answer. Both cases are written out:
 * with the flag `i` each head takes three to four times as long.
 */
const MAY_BE_OURS = /[xX]-[eE][rR][rR][oO][rR]-[tT][rR][eE][eE]|trace;desc=00-/;
/** An entry of `Server-Timing` as we write it. The program may write one like it itself. */
const TRACE_ENTRY = /^\s*trace;desc=(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})\s*$/;

/** Knows of a request whether a `traceparent` is that of a service that it called. */
interface Caller {
  isOfCallee(traceparent: string): boolean;
}

/**
 * Removes a copied answer, our item of `Vary`, and the trace that came with an answer: gateways copy whole heads. Such a trace is
 * known by the copied answer, or, if the gateway copied only some of the fields, by the spans of the request's calls.
 */
export function withoutCopies(text: string, callers: readonly Caller[]): string {
  if (!mayHoldCopies(text)) return text;
  const lines = text.split(LINE_END);
  const others = lines.filter((line) => !isNamed(nameOf(line), HEADER_NAME));
  const hasCopy = others.length < lines.length;
  const isCopied = (traceparent: string) =>
    hasCopy || callers.some((caller) => caller.isOfCallee(traceparent));
  return others
    .map((line) => withoutCopiedItems(line, isCopied))
    .filter((line) => line !== undefined)
    .join(LINE_END);
}

/** True if a text may hold what {@link withoutCopies} removes; made for heads that nothing else is done with. */
export function mayHoldCopies(text: string): boolean {
  return MAY_BE_OURS.test(text);
}

/** A line without what was copied into a list; `undefined` if nothing is left. */
function withoutCopiedItems(line: string, isCopied: (traceparent: string) => boolean): string | undefined {
  const name = nameOf(line).toLowerCase();
  if (name !== "vary" && name !== "server-timing") return line;
  const value = textIn(line);
  const left = name === "vary" ? otherItems(value) : otherEntries(value, isCopied);
  if (left === value) return line;
  return left === undefined ? undefined : line.slice(0, line.length - value.length) + left;
}

/** A `Server-Timing` value without copied entries; `undefined` if nothing is left. */
function otherEntries(value: string, isCopied: (traceparent: string) => boolean): string | undefined {
  const entries = value.split(",");
  const left = entries.filter((entry) => {
    const traceparent = TRACE_ENTRY.exec(entry)?.[1];
    return traceparent === undefined || !isCopied(traceparent);
  });
  if (left.length === entries.length) return value;
  return left.length === 0 ? undefined : left.join(",").trim();
}

/** Adds a field to a head, which ends with an empty line. @throws TypeError if the value is none */
export function withField(head: string, name: string, value: string): string {
  return head.slice(0, -LINE_END.length) + fieldLine(name, value) + LINE_END;
}

/** A field with its line end. Node does not see it, so it is judged here. @throws TypeError if the value is none */
export function fieldLine(name: string, value: string): string {
  if (NO_VALUE.test(value)) throw new TypeError(`this is no value for ${name}: ${JSON.stringify(value)}`);
  return `${name}: ${value}${LINE_END}`;
}

/** Adds an item to a list field: to its last line, or in a line of its own. */
export function withItem(head: string, name: string, item: string): string {
  const lines = head.split(LINE_END);
  const at = lines.findLastIndex((line) => isNamed(nameOf(line), name.toLowerCase()));
  if (at < 0) return withField(head, name, item);
  lines[at] = `${lines[at]}, ${item}`;
  return lines.join(LINE_END);
}

/** Says in `Vary` that the response depends on the ask, in addition to what the program says in its fields. */
export function withVary(head: string, fields: ReadonlyMap<string, readonly string[]>): string {
  const items = (fields.get("vary") ?? []).flatMap((value) => value.split(","));
  const isSaid = items.some((item) => item.trim() === "*" || isNamed(item.trim(), HEADER_NAME));
  return isSaid ? head : withItem(head, "Vary", HEADER_NAME);
}

/** The fields of a head by name in lower case, each with a value for each of its lines. */
export function fieldsOf(head: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of head.split(LINE_END).slice(1)) {
    const name = nameOf(line).toLowerCase();
    if (name === "") continue;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [textIn(line)]);
    else values.push(textIn(line));
  }
  return fields;
}

/** What stands before the colon; the status line has a colon at most behind a space, and no name has one. */
function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(":")));
}

function textIn(line: string): string {
  return line.slice(line.indexOf(":") + 1).trimStart();
}
