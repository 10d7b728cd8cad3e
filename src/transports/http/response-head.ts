// Reads the head of a node:http response that is about to be written, measures it, and adds our fields.
import type { ServerResponse } from "node:http";
import { HEADER_NAME } from "../../wire/header.ts";
import { LONGEST_CACHE_KEY } from "../../wire/limits.ts";
import { GivenFields, isNamed } from "../given-fields.ts";

/** Arguments of `response.writeHead` after the status: an optional reason, and headers as an object, a flat or a nested array. */
export type HeadArguments = unknown[];

type SetValue = number | string | readonly string[];

/** Date, connection, keep-alive and framing, which node adds by itself. */
const IMPLICIT_BYTES = 140;
/** Bytes of the status line: `HTTP/1.1 404 `, the line's end, and a reason that is not set yet. */
const STATUS_BYTES = 17;
const REASON_BYTES = 32;

/**
 * The headers among the arguments: the last argument that is given. Node accepts anything: of a text each character becomes a
 * field.
 */
export function headersOf(args: HeadArguments): unknown {
  return typeof args[0] === "string" ? args[1] : (args[1] ?? args[0]);
}

/**
 * What the program has set on a response, and what it gives to `writeHead`, which replaces what was set. The given values are
 * read here, each of them once, so {@link ResponseHead.args} must be written instead of them.
 */
export class ResponseHead {
  readonly #response: ServerResponse;
  readonly #args: HeadArguments;
  readonly #isSound: boolean;
  readonly #setNames: readonly string[];
  #given: GivenFields | undefined;
  /** What was given and set before we added something, by the name as it was set. */
  #kept: Pick<GivenFields, "names" | "values"> | undefined;
  readonly #before: [name: string, value: SetValue | undefined][] = [];

  constructor(response: ServerResponse, args: HeadArguments) {
    this.#response = response;
    this.#args = args;
    this.#setNames = response.getHeaderNames();
    const headers = headersOf(args);
    const given = isObject(headers) ? new GivenFields(headers) : undefined;
    // Node refuses a list of pairs if fields were set on the response.
    const isTaken = given?.shape !== "pairs" || this.#setNames.length === 0;
    if (isTaken) this.#given = given;
    const isNothing = typeof headers !== "string" || headers === "";
    this.#isSound = given === undefined ? isNothing : isTaken && !given.isRefused;
  }

  /** False if node refuses the headers or reads them in an unusual way: then nothing can be added. */
  get isSound(): boolean {
    return this.#isSound;
  }

  /** The arguments with the headers as they are now. */
  get args(): HeadArguments {
    if (this.#given === undefined) return this.#args;
    const headers = this.#given.toGiven();
    return typeof this.#args[0] === "string" ? [this.#args[0], headers] : [headers];
  }

  /** Bytes of the header block as it would be written now, with the status line. The number may be too large, never too small. */
  bytes(): number {
    const response = this.#response;
    const { statusMessage } = response;
    const reason = typeof this.#args[0] === "string" ? this.#args[0] : statusMessage;
    let bytes = IMPLICIT_BYTES + STATUS_BYTES + (typeof reason === "string" ? reason.length : REASON_BYTES);
    const names = this.#setNames;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      bytes += fieldBytes(name, response.getHeader(name));
    }
    const given = this.#given;
    if (given === undefined) return bytes;
    for (let i = 0; i < given.names.length; i++) bytes += fieldBytes(given.names[i], given.values[i]);
    return bytes;
  }

  /**
   * Adds a field to the given ones. Setting a header on the response would lose duplicate `Set-Cookie` fields of a flat array on
   * Node 20, and would throw for a nested array.
   */
  add(name: string, value: string): void {
    this.#keep(name);
    if (this.#given === undefined && this.#setNames.length > 0) {
      this.#response.setHeader(name, value);
      return;
    }
    this.#given ??= new GivenFields({});
    this.#given.add(name, value);
  }

  /** Adds an item to the end of a list field, unless `isThere` finds it there already. */
  addItem(field: string, item: string, isThere: (before: string) => boolean = () => false): void {
    const name = field.toLowerCase();
    const response = this.#response;
    const given = this.#given?.valuesOf(name) ?? [];
    const set = response.getHeader(name);
    const before = given.length > 0 ? given : valuesIn(set);
    if (before.some((value) => isThere(String(value)))) return;
    const added = (value: unknown) => (Array.isArray(value) ? [...value, item] : `${value}, ${item}`);
    if (before.length === 0) this.add(field, item);
    else {
      this.#keep(name);
      if (given.length > 0) this.#given?.changeLast(name, added);
      else response.setHeader(rawNameOf(response, name), added(set));
    }
  }

  /** Changes a field, given or set. Values that become `undefined` are removed. */
  change(field: string, changed: (value: unknown) => unknown): void {
    const response = this.#response;
    this.#given?.change(field, changed);
    if (!response.hasHeader(field)) return;
    const before = response.getHeader(field);
    const after = changed(before);
    if (after === undefined) response.removeHeader(field);
    else if (after !== before) response.setHeader(field, after as string | string[]);
  }

  /** Removes what was added, also from the response: node sets fields there even if it then refuses the head. */
  withdraw(): void {
    if (this.#before.length === 0) return;
    if (this.#kept === undefined) this.#given = undefined;
    else Object.assign(this.#given as GivenFields, this.#kept);
    const response = this.#response;
    for (const [name, value] of this.#before.splice(0)) {
      if (value === undefined) response.removeHeader(name);
      else response.setHeader(name, value);
    }
  }

  /** Remembers a field before something is added to it. */
  #keep(field: string): void {
    const given = this.#given;
    if (this.#before.length === 0 && given !== undefined) {
      this.#kept = { names: given.names.slice(), values: given.values.slice() };
    }
    const value = this.#response.getHeader(field);
    this.#before.push([value === undefined ? field : rawNameOf(this.#response, field), value]);
  }

  /** All fields of the head as they will be written, by name in lower case. */
  all(): Map<string, string[]> {
    const fields = new Map<string, string[]>();
    const { names = [], values = [] } = this.#given ?? {};
    for (let i = 0; i < names.length; i++) {
      const name = String(names[i]).toLowerCase();
      fields.set(name, [...(fields.get(name) ?? []), ...valuesIn(values[i]).map(String)]);
    }
    for (const name of this.#setNames) {
      if (!fields.has(name)) fields.set(name, valuesIn(this.#response.getHeader(name)).map(String));
    }
    return fields;
  }
}

/** Says in `Vary` that the response depends on the ask, in addition to what the program says there. */
export function addVary(head: ResponseHead): void {
  head.addItem("Vary", HEADER_NAME, (before) =>
    before.split(",").some((field) => field.trim() === "*" || isNamed(field.trim(), HEADER_NAME)),
  );
}

/**
 * Bytes that a cache in front of us may need besides the head: nginx with proxy_cache puts its key, the URL, into the buffer that
 * the head must fit into.
 */
export function cacheKeyBytes(response: ServerResponse): number {
  const length = response.req?.url?.length ?? 0;
  return length <= LONGEST_CACHE_KEY ? length : 0;
}

function isObject(headers: unknown): headers is object {
  return typeof headers === "function" || (typeof headers === "object" && headers !== null);
}

/** Bytes of `name: value` and the line's end, one line for each value. Node writes heads in Latin-1, so a character is a byte. */
function fieldBytes(name: unknown, value: unknown): number {
  const head = String(name).length + 4;
  if (typeof value === "string") return head + value.length;
  if (!Array.isArray(value)) return head + String(value).length;
  let bytes = 0;
  for (const item of value) bytes += head + String(item).length;
  return bytes;
}

/** The name of a field as it was set. The types of Node.js lack this method. */
function rawNameOf(response: ServerResponse, field: string): string {
  const { getRawHeaderNames } = response as unknown as { getRawHeaderNames(): string[] };
  return getRawHeaderNames.call(response).find((name) => isNamed(name, field.toLowerCase())) ?? field;
}

function valuesIn(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
