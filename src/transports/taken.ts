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
  let spelling = "";
  let end = 0;
  // In one pass: a peer may send thousands of them.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const isOurs = isNamed(name, HEADER_NAME);
    if (isOurs && i < count) {
      // Several fields are one list, as node would have it.
      field = field === undefined ? rawHeaders[i + 1] : `${field}, ${rawHeaders[i + 1]}`;
      spelling = name;
      counted -= 2;
      continue;
    }
    if (isOurs || end < i) {
      rawHeaders[end] = name;
      rawHeaders[end + 1] = isOurs ? "" : (rawHeaders[i + 1] as string);
    }
    end += 2;
  }
  if (counted === count) return undefined;
  for (; end < rawHeaders.length; end += 2) {
    rawHeaders[end] = spelling;
    rawHeaders[end + 1] = "";
  }
  counts[HEAD.count as symbol] = counted;
  forget(request, HEAD);
  return field;
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
  const counts = message as unknown as Record<symbol, unknown>;
  const count = place.count === undefined ? undefined : counts[place.count];
  let taken: Taken;
  let removed = 0;
  let isChanged = false;
  let end = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    let rest: string | undefined = value;
    if (isNamed(name, HEADER_NAME)) {
      taken = withValue(taken, value);
      rest = undefined;
    } else if (isNamed(name, VARY)) rest = otherItems(value) as string | undefined;
    isChanged ||= rest !== value;
    // Emptied if node's count cannot be changed too: then removing entries before the lazy getters have run kills the process.
    if (rest === undefined && typeof count === "number") {
      if (i < count) removed += 2;
      continue;
    }
    if (isChanged) {
      raw[end] = name;
      raw[end + 1] = rest ?? "";
    }
    end += 2;
  }
  if (!isChanged) return undefined;
  raw.length = end;
  if (typeof count === "number") counts[place.count as symbol] = count - removed;
  forget(message, place);
  return taken;
}

/** What was taken so far, and one more value. */
function withValue(taken: Taken, value: string): string | string[] {
  if (!Array.isArray(taken)) return taken === undefined ? value : [taken as string, value];
  taken.push(value);
  return taken;
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

/** Removes our field and our item of `Vary` from a flat list of names and values, or from the header object of HTTP/2. */
export function takeFromFields(fields: unknown): Taken {
  if (Array.isArray(fields)) return takeFromList(fields);
  return typeof fields === "object" && fields !== null ? takeFromObject(fields as Fields) : undefined;
}

type Bytes = Buffer | string;

function takeFromList(fields: (Bytes | Bytes[])[]): Taken {
  let taken: Taken;
  let end = 0;
  let i = 0;
  for (; i + 1 < fields.length; i += 2) {
    const name = fields[i] as Bytes;
    const value = fields[i + 1] as Bytes;
    let rest: Bytes | undefined = value;
    if (name.length === HEADER_NAME.length && isNamed(textOf(name), HEADER_NAME)) {
      taken = withValue(taken, textOf(value));
      continue;
    }
    if (name.length === VARY.length && isNamed(textOf(name), VARY)) {
      const before = textOf(value);
      const left = otherItems(before) as string | undefined;
      if (left === undefined) continue;
      if (left !== before) rest = typeof value === "string" ? left : Buffer.from(left, "latin1");
    }
    if (end < i || rest !== value) {
      fields[end] = name;
      fields[end + 1] = rest;
    }
    end += 2;
  }
  if (end === i) return taken;
  // A name without a value.
  if (i < fields.length) fields[end++] = fields[i] as Bytes;
  fields.length = end;
  return taken;
}

type Fields = Record<string, string | string[] | undefined>;

function takeFromObject(fields: Fields): Taken {
  const value = fields[HEADER_NAME];
  if (value !== undefined) {
    delete fields[HEADER_NAME];
    forgetName(fields);
  }
  const vary = fields[VARY];
  const rest = vary === undefined ? undefined : (otherItems(vary) as typeof vary);
  if (rest === undefined) delete fields[VARY];
  else if (rest !== vary) fields[VARY] = rest;
  return value;
}

/** Takes our name out of the list that node keeps beside the fields of HTTP/2: names that are never indexed. */
export function forgetName(headers: object): void {
  for (const symbol of Object.getOwnPropertySymbols(headers)) {
    const names = (headers as Record<symbol, unknown>)[symbol];
    // The list of a request is the program's, and may be frozen.
    if (!Array.isArray(names) || !names.includes(HEADER_NAME)) continue;
    let end = 0;
    for (const name of names) if (name !== HEADER_NAME) names[end++] = name;
    names.length = end;
  }
}

function textOf(bytes: Bytes): string {
  return typeof bytes === "string" ? bytes : bytes.toString("latin1");
}
