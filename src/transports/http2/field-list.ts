// Changes the fields of HTTP/2 as node:http2 has written them: one text of names and values, before it is sent.
//
// They are changed as the head of an HTTP/1.1 message, a text of lines, so that both versions have one set of rules.
import { HEADER_NAME } from "../../wire/header.ts";

/** Name, value and a flag of each field, and how many there are. */
export type FieldList = readonly [text: string, count: number];

/** One field of a list. */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** Whether compression may keep it. */
  readonly flag: string;
}

const NUL = "\0";
/** It is new in each message, so compression would fill its table with it; and it may carry a token. Source: RFC 7541, section 7.1.3. */
const NEVER_INDEXED = "\x01";
const LINE_END = "\r\n";
/** What the size of a list counts for each field beside name and value. Source: RFC 9113, section 10.5.1. */
const FIELD_OVERHEAD = 32;
/** Most fields that node takes by default (`maxHeaderListPairs`). */
export const MOST_FIELDS = 128;

/** True if it is a list as all known versions of node write it. */
export function isFieldList(value: unknown): value is FieldList {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number";
}

/** How node begins what grpc-js responds: a head, one that is all of the response, and trailers. */
const OF_GRPC = [
  ":status\x00200\0\0content-type\0application/grpc",
  ":status\x00200\0\0grpc-status\0",
  "grpc-status\0",
] as const;

/** True if it is recognised at its beginning as one of gRPC. It is asked of every response. */
export function isListOfGrpc([text]: FieldList): boolean {
  return OF_GRPC.some((beginning) => text.startsWith(beginning));
}

/** The fields of a list; `undefined` if it is none, or cannot be written as lines. */
export function fieldsIn(list: FieldList): Field[] | undefined {
  const [text, count] = list;
  // Node refuses such a text later than we see it.
  if (text.includes("\r") || text.includes("\n")) return undefined;
  const fields: Field[] = [];
  for (let at = 0; at < text.length; ) {
    const nameEnd = text.indexOf(NUL, at);
    const valueEnd = text.indexOf(NUL, nameEnd + 1);
    if (nameEnd < 0 || valueEnd < 0) return undefined;
    fields.push({
      name: text.slice(at, nameEnd),
      value: text.slice(nameEnd + 1, valueEnd),
      flag: text.charAt(valueEnd + 1),
    });
    at = valueEnd + 2;
  }
  return fields.length === count ? fields : undefined;
}

/** The list of these fields. */
export function listOf(fields: readonly Field[]): FieldList {
  let text = "";
  for (const { name, value, flag } of fields) text += name + NUL + value + NUL + flag;
  return [text, fields.length];
}

/** A field of ours. */
export function ourField(value: string): Field {
  return { name: HEADER_NAME, value, flag: NEVER_INDEXED };
}

/** Bytes of a list, as the limit of a peer counts them. */
export function bytesOf(fields: readonly Field[]): number {
  return fields.reduce((sum, { name, value }) => sum + name.length + value.length + FIELD_OVERHEAD, 0);
}

/** A list as the head of a message of HTTP/1.1. The first line only names the version: fields that begin with a colon stay apart. */
export function headOf(fields: readonly Field[]): string {
  let head = `HTTP/2${LINE_END}`;
  for (const field of fields) if (!isPseudo(field)) head += lineOf(field) + LINE_END;
  return head + LINE_END;
}

/** The list of a head that {@link headOf} made of these fields and that was changed since. */
export function changed(fields: readonly Field[], head: string): FieldList {
  const flags = new Map(fields.map((field) => [lineOf(field), field.flag]));
  const lines = head.split(LINE_END).slice(1);
  const others = lines.filter((line) => line !== "").map((line) => fieldOf(line, flags.get(line)));
  return listOf([...fields.filter(isPseudo), ...others]);
}

/** The lines of trailers, as {@link changed} takes them behind a first line. */
export function linesOf(fields: readonly Field[]): string {
  return fields.map((field) => lineOf(field) + LINE_END).join("");
}

function isPseudo({ name }: Field): boolean {
  return name.startsWith(":");
}

function lineOf({ name, value }: Field): string {
  return `${name}: ${value}`;
}

/** Names of HTTP/2 are in lower case. */
function fieldOf(line: string, flag: string | undefined): Field {
  const colon = line.indexOf(": ");
  const name = line.slice(0, colon).toLowerCase();
  const value = line.slice(colon + 2);
  if (flag !== undefined) return { name, value, flag };
  return name === HEADER_NAME ? ourField(value) : { name, value, flag: NUL };
}
