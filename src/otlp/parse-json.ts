// Parses long JSON in pieces, so that others may have their turn in between: `JSON.parse` takes a fifth of a second for 16 MiB.
import type { Work } from "./work.ts";

/** So much text is parsed in one go, unless one value in it is longer. */
const PIECE = 32_768;
/** Levels of arrays and objects: OTLP has some fifteen. */
const DEEPEST = 64;
/** Arrays and objects in one text: three characters may be one, and it takes twenty times the memory. */
const MOST = 1_000_000;

/** An array or object that is open. */
interface Open {
  readonly isArray: boolean;
  /** Where it begins, and the text of its name in the object around it. */
  readonly start: number;
  readonly nameFrom: number;
  readonly nameTo: number;
  /** What was parsed of it; as long as it is short it is part of the piece around it. */
  built: unknown[] | Record<string, unknown> | undefined;
  /** Where that ends. */
  from: number;
  /** What stands before there. */
  after: "start" | "comma" | "value";
}

/**
 * Gives back what `JSON.parse` does.
 *
 * @throws SyntaxError if it is no JSON, is nested more than 64 deep, or has more than a million arrays and objects
 */
export function* parseJson(text: string, piece: number = PIECE): Work<unknown> {
  if (text.length <= piece) return JSON.parse(text);
  const stack: Open[] = [];
  let [nameFrom, nameTo, count] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        nameFrom = at;
        at = endOfText(text, at);
        nameTo = at + 1;
        break;
      case ARRAY:
      case OBJECT: {
        if (stack.length === DEEPEST) throw new SyntaxError(`nested more than ${DEEPEST} deep`);
        if (++count > MOST) throw new SyntaxError(`more than ${MOST} arrays and objects`);
        const isArray = text.charCodeAt(at) === ARRAY;
        stack.push({ isArray, start: at, nameFrom, nameTo, built: undefined, from: at + 1, after: "start" });
        break;
      }
      case COMMA: {
        const open = stack.at(-1);
        if (open === undefined || at - open.from < piece) break;
        add(open, text.slice(open.from, at), "comma");
        open.from = at + 1;
        open.after = "comma";
        yield;
        break;
      }
      case ARRAY_END:
      case OBJECT_END: {
        const open = stack.pop();
        if (open === undefined || open.isArray !== (text.charCodeAt(at) === ARRAY_END))
          throw new SyntaxError(`a bracket too many at ${at}`);
        if (open.built === undefined) break;
        add(open, text.slice(open.from, at), "bracket");
        const around = stack.at(-1);
        if (around === undefined) {
          if (trimmed(text.slice(0, open.start)) + trimmed(text.slice(at + 1)) !== "")
            throw new SyntaxError("something before or after it");
          return open.built;
        }
        put(around, open, text);
        around.from = at + 1;
        yield;
        break;
      }
    }
  }
  if (stack.length > 0) throw new SyntaxError("it ends too early");
  return JSON.parse(text);
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  throw new SyntaxError("a text without an end");
}

/** What ends a piece: a value that was built already, or what stands between others. */
type End = "comma" | "bracket" | "value";

/** Adds the next members. */
function add(open: Open, piece: string, end: End): void {
  let members = trimmed(piece);
  const isAfterValue = open.after === "value";
  const isEmpty =
    members === "" && (isAfterValue ? end !== "value" : open.after === "start" && end === "bracket");
  if (isAfterValue && !isEmpty) {
    if (members[0] !== ",") throw new SyntaxError("no comma after a value");
    members = trimmed(members.slice(1));
  }
  open.built ??= open.isArray ? [] : {};
  if (isEmpty) return;
  if (end === "value") members += "null";
  if (members === "") throw new SyntaxError("nothing after a comma");
  if (Array.isArray(open.built)) {
    for (const one of JSON.parse(`[${members}]`) as unknown[]) open.built.push(one);
    return;
  }
  const parsed = JSON.parse(`{${members}}`) as Record<string, unknown>;
  for (const name of Object.keys(parsed)) define(open.built, name, parsed[name]);
}

/** Puts a value that was built already where it stands, after the members before it. */
function put(around: Open, { built, start, nameFrom, nameTo }: Open, text: string): void {
  add(around, text.slice(around.from, start), "value");
  around.after = "value";
  if (Array.isArray(around.built)) around.built[around.built.length - 1] = built;
  else define(around.built ?? {}, JSON.parse(text.slice(nameFrom, nameTo)) as string, built);
}

/** Without what JSON takes for space. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && SPACES.includes(text.charCodeAt(from))) from++;
  while (to > from && SPACES.includes(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const SPACES: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];

/** A name of an object is text, also `__proto__`. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
