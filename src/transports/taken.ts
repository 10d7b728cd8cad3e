// Removes answers to our asks from the responses that the program sees, so that it cannot hand them on, copy or log them.
import { IncomingMessage } from "node:http";
import { HEADER_NAME } from "../wire/header.ts";
import { isNamed } from "./field-name.ts";
import { otherItems } from "./vary.ts";

/** The value of our field; a list if it came more than once, which is not an answer of ours. */
type Taken = string | readonly string[] | undefined;

const VARY = "vary";

/** Where node keeps the fields of a message, and from how many of them it builds `headers`. */
interface Place {
  readonly raw: "rawHeaders" | "rawTrailers";
  /** What node builds from them at the first read, and where it keeps that. */
  readonly built: readonly (readonly [name: string, kept: symbol | undefined])[];
  readonly count: symbol | undefined;
}

const SYMBOLS = symbolsOfMessages();
const HEAD: Place = {
  raw: "rawHeaders",
  built: [
    ["headers", SYMBOLS.get("kHeaders")],
    ["headersDistinct", SYMBOLS.get("kHeadersDistinct")],
  ],
  count: SYMBOLS.get("kHeadersCount"),
};
const TRAILERS: Place = {
  raw: "rawTrailers",
  built: [
    ["trailers", SYMBOLS.get("kTrailers")],
    ["trailersDistinct", SYMBOLS.get("kTrailersDistinct")],
  ],
  count: SYMBOLS.get("kTrailersCount"),
};

/** Removes our field and our item of `Vary` from the head of a response of node:http. */
export function takeFromHead(response: IncomingMessage): Taken {
  return take(response, HEAD);
}

/** The same for its trailers. */
export function takeFromTrailers(response: IncomingMessage): Taken {
  return take(response, TRAILERS);
}

/**
 * Takes our field off a request that has come. It stands beyond the fields that node counts then, with nothing in it: how
 * many there are stays the same, and `headers` is built without it. Once built, an object from which a field is deleted
 * is slow for whoever reads it.
 */
export function takeFromRequest(request: IncomingMessage): string | undefined {
  const { rawHeaders } = request;
  const counts = request as unknown as Record<symbol, unknown>;
  const count = HEAD.count === undefined ? undefined : counts[HEAD.count];
  if (typeof count !== "number") return takeBlanking(request);
  let field: string | undefined;
  let counted = count;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (!isNamed(rawHeaders[i] as string, HEADER_NAME)) continue;
    if (i < counted) {
      // Several fields are one list, as node would have it.
      field = field === undefined ? rawHeaders[i + 1] : `${rawHeaders[i + 1]}, ${field}`;
      moveToEnd(rawHeaders, i);
      counted -= 2;
    } else rawHeaders[i + 1] = "";
  }
  if (counted !== count) {
    counts[HEAD.count as symbol] = counted;
    forget(request, HEAD);
  }
  return field;
}

/** Moves a field behind all others, without its value. */
function moveToEnd(raw: string[], at: number): void {
  const name = raw[at] as string;
  const last = closeUp(raw, at);
  raw[last] = name;
  raw[last + 1] = "";
}

/** Moves all that follows a field to its place; returns where two entries are free then. `splice` makes an array more. */
function closeUp(raw: string[], at: number): number {
  const last = raw.length - 2;
  for (let i = at; i < last; i++) raw[i] = raw[i + 2] as string;
  return last;
}

function takeBlanking(request: IncomingMessage): string | undefined {
  const field = request.headers[HEADER_NAME] as string | undefined;
  delete request.headers[HEADER_NAME];
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    // Blanked in place: removing entries before the lazy getters have run kills the process.
    if (isNamed(rawHeaders[i] as string, HEADER_NAME)) rawHeaders[i + 1] = "";
  }
  return field;
}

function take(message: IncomingMessage, place: Place): Taken {
  const raw = message[place.raw];
  let taken: Taken;
  let isChanged = false;
  for (let i = raw.length - 2; i >= 0; i -= 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const isOurs = isNamed(name, HEADER_NAME);
    if (isOurs) taken = taken === undefined ? value : [taken, value].flat();
    else if (!isNamed(name, VARY)) continue;
    const rest = isOurs ? undefined : (otherItems(value) as string | undefined);
    if (rest === value) continue;
    isChanged = true;
    if (rest === undefined && remove(message, place, i)) continue;
    // Emptied if node's count cannot be changed too: then removing entries before the lazy getters have run kills the process.
    raw[i + 1] = rest ?? "";
  }
  if (isChanged) forget(message, place);
  return taken;
}

/** Removes a field if that does no harm. */
function remove(message: IncomingMessage, { raw, count }: Place, at: number): boolean {
  const counts = message as unknown as Record<symbol, unknown>;
  const before = count === undefined ? undefined : counts[count];
  if (count === undefined || typeof before !== "number") return false;
  const fields = message[raw];
  fields.length = closeUp(fields, at);
  if (at < before) counts[count] = before - 2;
  return true;
}

/** Makes node build again the objects that somebody read before us. */
function forget(message: IncomingMessage, { built, count }: Place): void {
  const parts = message as unknown as Record<string | symbol, object | null | undefined>;
  for (let i = 0; i < built.length; i++) {
    const [name, kept] = built[i] as Place["built"][number];
    if (count === undefined || kept === undefined) {
      delete (parts[name] as Record<string, unknown>)[HEADER_NAME];
    } else if (parts[kept]) parts[kept] = null;
  }
}

/** The symbols under which node keeps these in its messages; absent in other runtimes. */
function symbolsOfMessages(): ReadonlyMap<string | undefined, symbol> {
  try {
    const message = new IncomingMessage(null as never);
    void message.headersDistinct;
    void message.trailersDistinct;
    return new Map(Object.getOwnPropertySymbols(message).map((symbol) => [symbol.description, symbol]));
  } catch {
    return new Map();
  }
}

/** Removes our field and our item of `Vary` from the fields of undici: a flat list of bytes, or an object in HTTP/2. */
export function takeFromFields(fields: unknown): Taken {
  if (Array.isArray(fields)) return takeFromList(fields);
  return typeof fields === "object" && fields !== null ? takeFromObject(fields as Fields) : undefined;
}

type Bytes = Buffer | string;

function takeFromList(fields: (Bytes | Bytes[])[]): Taken {
  const values: string[] = [];
  for (let i = fields.length - (fields.length % 2) - 2; i >= 0; i -= 2) {
    const name = fields[i] as Bytes;
    const value = fields[i + 1] as Bytes;
    if (name.length === HEADER_NAME.length && isNamed(textOf(name), HEADER_NAME)) {
      values.push(textOf(value));
      fields.splice(i, 2);
    } else if (name.length === VARY.length && isNamed(textOf(name), VARY)) {
      const before = textOf(value);
      const rest = otherItems(before) as string | undefined;
      if (rest === undefined) fields.splice(i, 2);
      else if (rest !== before)
        fields[i + 1] = typeof value === "string" ? rest : Buffer.from(rest, "latin1");
    }
  }
  return values.length > 1 ? values : values[0];
}

type Fields = Record<string, string | string[] | undefined>;

function takeFromObject(fields: Fields): Taken {
  const value = fields[HEADER_NAME];
  if (value !== undefined) delete fields[HEADER_NAME];
  const vary = fields[VARY];
  const rest = vary === undefined ? undefined : (otherItems(vary) as typeof vary);
  if (rest === undefined) delete fields[VARY];
  else if (rest !== vary) fields[VARY] = rest;
  return value;
}

function textOf(bytes: Bytes): string {
  return typeof bytes === "string" ? bytes : bytes.toString("latin1");
}
