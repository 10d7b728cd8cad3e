// Reads what caused an error: the errors in its `cause`, and those that an AggregateError holds.
import { isTreeError } from "./from-tree.ts";
import { rpcErrorOf } from "./rpc-error.ts";

/** Most causes of one error, the nearest first; longest text of one, and of all, in UTF-16 units. */
const MOST_CAUSES = 8;
const LONGEST_CAUSE = 512;
const MOST_CHARS = 2_048;
/** So many errors are looked at, whether they say something or not. */
const MOST_LOOKED_AT = 64;

/** Attribute of an exception event that lists the causes, as `type: message`, the nearest first. */
export const CAUSES = "error_tree.causes";

/** Type, message and stack of an error. */
export interface ErrorParts {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/**
 * What a thrown value says. An error of another realm is no `instanceof Error`, so it is recognised by its message. May throw:
 * getters and `toString` are the program's.
 */
export function partsOf(error: unknown): ErrorParts {
  if (!isErrorLike(error)) return { type: "Error", message: String(error), stack: undefined };
  const { code, name, message, stack } = error;
  // A DOMException's legacy number says less than its name.
  const named = typeof code === "string" && code !== "" && name !== "AbortError" ? code : name;
  // As an SDK records it: the number of the status, by which whoever reads the span knows it.
  const type = rpcErrorOf(code, message) === undefined ? named : String(code);
  return {
    // The empty name says that the error has no type: one that a status was made to.
    type: name === "" ? "" : typeof type === "string" ? type : "Error",
    message,
    stack: typeof stack === "string" ? stack : undefined,
  };
}

/** The causes of an error, as `type: message`, each error once: of several beneath each other the nearest first. Never throws. */
export function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  const seen = new Set<unknown>([error]);
  // As a whole: two may differ only behind what is told of them.
  const texts = new Set<string>();
  const todo = beneath(error);
  let left = MOST_CHARS;
  for (let looked = 0; todo.length > 0 && looked < MOST_LOOKED_AT; looked++) {
    const cause = todo.shift();
    if (seen.has(cause)) continue;
    seen.add(cause);
    const whole = textOf(cause);
    if (whole !== "" && !texts.has(whole)) {
      texts.add(whole);
      const text = cut(whole);
      if (text.length > left || causes.length === MOST_CAUSES) break;
      left -= text.length;
      causes.push(text);
    }
    todo.unshift(...beneath(cause));
  }
  return causes;
}

/** What an exception event lists as causes. Some backends keep a list as JSON. Never throws. */
export function causesIn(value: unknown): string[] | undefined {
  const list = typeof value === "string" ? parsed(value) : value;
  if (!Array.isArray(list)) return undefined;
  const causes: string[] = [];
  for (const text of list.slice(0, MOST_CAUSES)) {
    if (typeof text === "string" && text !== "") causes.push(cut(text));
  }
  return causes.length === 0 ? undefined : causes;
}

/** The type and the message of a cause. */
export function partsOfCause(text: string): { readonly type: string | undefined; readonly message: string } {
  const [head = "", type] = /^([\w$.]+)(?:: |$)/.exec(text) ?? [];
  return { type, message: text.slice(head.length) };
}

/** The errors directly beneath one. */
function beneath(error: unknown): unknown[] {
  try {
    if (typeof error !== "object" || error === null) return [];
    const { errors, cause } = error as { errors?: unknown; cause?: unknown };
    const found: unknown[] = Array.isArray(errors) ? errors.slice(0, MOST_LOOKED_AT) : [];
    if (cause !== undefined && cause !== null) found.push(cause);
    // What was made of a tree stands in the tree, as nodes.
    return found.filter((one) => !isTreeError(one));
  } catch {
    return [];
  }
}

/** The empty string for what says nothing, as an object that is no error. */
function textOf(error: unknown): string {
  try {
    if (typeof error === "object" && !isErrorLike(error)) return "";
    if (typeof error === "function" || typeof error === "symbol") return "";
    if (!isErrorLike(error)) return String(error);
    const { type, message } = partsOf(error);
    // Its status stands in the message.
    if (rpcErrorOf(type, message) !== undefined) return message;
    return message === "" || type === "" ? type + message : `${type}: ${message}`;
  } catch {
    return "";
  }
}

/**
 * The whole words at the beginning of a text that is too long, without numbers at their end, and an ellipsis: half a password or half
 * a card's number is not known as one, and by the ellipsis the redactor knows that a quote may not be closed. JSON may have no spaces.
 */
function cut(text: string): string {
  if (text.length <= LONGEST_CAUSE) return text;
  const limit = LONGEST_CAUSE - 2;
  const space = endBefore(text, limit, /\s/);
  const end = limit - space < LONGEST_WORD ? space : endBefore(text, limit, WORD_END);
  let last = end;
  while (end - last < LONGEST_CARD && /[\d\s-]/.test(text.charAt(last - 1))) last--;
  return `${text.slice(0, last)} …`.trimStart();
}

const LONGEST_WORD = 128;
/** Digits of a card's number and what stands between them. */
const LONGEST_CARD = 24;
/** Not what a password of a URL often has. Chinese and Japanese have no spaces between words. */
const WORD_END = /[\s"`,&<>{}|\u2e80-\ud7ff\uff00-\uffef]/;

function endBefore(text: string, limit: number, isEnd: RegExp): number {
  let end = limit;
  while (end > 0 && !isEnd.test(text.charAt(end))) end--;
  return end;
}

interface ErrorLike {
  readonly message: string;
  readonly code?: unknown;
  readonly name?: unknown;
  readonly stack?: unknown;
}

function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === "object" && error !== null && typeof (error as ErrorLike).message === "string";
}

function parsed(text: string): unknown {
  if (!text.startsWith("[") || text.length > 2 * MOST_CHARS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
