// Writes and reads a tree as JSON, for people with curl.
import { type Code, codeFromName } from "../spans/code.ts";
import { driftOf, isFailed, type TreeNode } from "../tree/tree.ts";
import { MARKS, type Mark } from "./binary/marks.ts";
import type { Draft } from "./draft.ts";
import { cutText, type Limits, MAX_COUNT } from "./limits.ts";
import { isSpanId } from "./structured-field.ts";

/** What the root's object says beside the root node. */
interface JsonHead {
  /** The id of the ask; absent if a person asks. */
  readonly id?: string;
  /** Exact number of nodes that were left out. */
  readonly omitted: number;
  /** Codes of the service's warnings about its set-up. Not read: a person does. */
  readonly warnings?: readonly string[];
}

/** What a JSON answer says: the root node, whose `exported` is its own, and the head. */
interface JsonAnswer extends JsonHead {
  readonly root: TreeNode;
}

/** Spans were exported although the head sampler said no. */
const FORCED = "forced";

/** Texts that a node may have, by key. */
const TEXTS = [
  ["type", "errorType"],
  ["at", "at"],
  ["peer", "peer"],
] as const;

/** Lists of texts that a node may have; key and property have one name. */
const LISTS = ["frames", "causes"] as const;

/** Numbers that a node may have, each with the least that is written and the least that is read. */
const NUMBERS = [
  ["count", 2, 1],
  ["attempt", 1, 1],
  ["hops", 1, 1],
  ["pendingMs", 0, 0],
] as const;

/** The key of a mark is its name, but for the one whose name says less than the glossary's word. */
const FLAGS: readonly (readonly [key: string, mark: Mark])[] = MARKS.map((mark) => [
  mark === "exported" ? FORCED : mark,
  mark,
]);

/**
 * Writes a tree as JSON of printable ASCII, everything else as `\uXXXX` (a header may hold nothing else). Strings are cut to
 * the limit. `undefined`: longer than `bytes`, or past a limit; found out without writing the rest. Iterative.
 */
export function writeTree(root: TreeNode, head: JsonHead, bytes: number, limits: Limits): string | undefined {
  const most = Math.min(bytes, limits.valueBytes);
  const path: TreeNode[] = [root];
  const nextChild: number[] = [0];
  let nodes = 1;
  let out = openNode(root, head, limits.stringChars);
  while (path.length > 0) {
    const top = path.length - 1;
    const index = nextChild[top] as number;
    const child = (path[top] as TreeNode).children[index];
    if (child === undefined) {
      out += "]}";
      path.pop();
      nextChild.pop();
      continue;
    }
    out += (index > 0 ? "," : "") + openNode(child, undefined, limits.stringChars);
    if (out.length > most || ++nodes > limits.nodes || top + 2 > limits.depth) return undefined;
    nextChild[top] = index + 1;
    path.push(child);
    nextChild.push(0);
  }
  return out.length > most ? undefined : out;
}

/** A node's object up to and including the bracket that opens its children. */
function openNode(node: TreeNode, head: JsonHead | undefined, chars: number): string {
  let out = `{"service":${quoted(node.service, chars)}`;
  if (node.operation !== "") out += `,"operation":${quoted(node.operation, chars)}`;
  out += `,"status":"${isFailed(node) ? "error" : "success"}","code":"${node.code}"`;
  const drift = driftOf(node);
  if (drift.length > 0) out += `,"drift":${quotedList(drift, chars)}`;
  out += `,"error":${quoted(node.message ?? "", chars)}`;
  for (const [key, property] of TEXTS) {
    const text = node[property];
    if (text !== undefined) out += `,"${key}":${quoted(text, chars)}`;
  }
  for (const key of LISTS) {
    const texts = node[key];
    if (texts !== undefined && texts.length > 0) out += `,"${key}":${quotedList(texts, chars)}`;
  }
  for (const [key, least] of NUMBERS) {
    const number = node[key];
    if (number !== undefined && number >= least) out += `,"${key}":${Math.min(number, MAX_COUNT)}`;
  }
  if (head?.id !== undefined) out += `,"id":"${head.id}"`;
  if (head !== undefined && !node.exported) out += `,"${FORCED}":false`;
  for (const [key, mark] of FLAGS) if (node[mark]) out += `,"${key}":true`;
  if (head !== undefined && head.omitted > 0) out += `,"omitted":${Math.min(head.omitted, MAX_COUNT)}`;
  const warnings = head?.warnings ?? [];
  if (warnings.length > 0) out += `,"warnings":${quotedList(warnings, chars)}`;
  return `${out},"children":[`;
}

function quotedList(texts: readonly string[], chars: number): string {
  let out = "[";
  for (let i = 0; i < texts.length; i++) out += (i > 0 ? "," : "") + quoted(texts[i] as string, chars);
  return `${out}]`;
}

function quoted(text: string, chars: number): string {
  return `"${escaped(cutText(text, chars))}"`;
}

/** The content of a JSON string in printable ASCII; a text that needs no escape costs no copy. */
function escaped(text: string): string {
  let out = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code <= 0x7e && code !== 0x22 && code !== 0x5c) continue;
    out += text.slice(start, i);
    out +=
      code === 0x22 || code === 0x5c ? `\\${text.charAt(i)}` : `\\u${code.toString(16).padStart(4, "0")}`;
    start = i + 1;
  }
  return start === 0 ? text : out + text.slice(start);
}

/**
 * Reads what {@link writeTree} wrote. Unknown keys are skipped, and so is the drift, which follows from the children; a wrong
 * type anywhere else makes the whole malformed. `operation` names a root that does not name itself. `undefined`: malformed,
 * or past a limit. Iterative; never throws.
 */
export function readTree(value: string, operation: string, limits: Limits): JsonAnswer | undefined {
  if (value.length > limits.valueBytes) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  const reader = new NodeReader(limits.stringChars);
  const root = readNodes(parsed, reader, limits);
  if (root === undefined) return undefined;
  if (root.operation === "") root.operation = operation;
  const { id, omitted } = parsed as Fields;
  const ask = reader.text(id);
  const left = reader.number(omitted, 1);
  if (reader.malformed || (ask !== undefined && !isSpanId(ask))) return undefined;
  return { root, omitted: left ?? 0, ...(ask === undefined ? undefined : { id: ask }) };
}

/** A parsed object of which nothing is known. */
interface Fields {
  readonly [key: string]: unknown;
}

/** A parsed node that waits for its turn, and the list that it belongs to. */
interface Pending {
  readonly fields: Fields;
  readonly siblings: Draft[];
  readonly depth: number;
}

/** Builds fresh nodes from the known keys alone, breadth first: every list fills from left to right. */
function readNodes(parsed: unknown, reader: NodeReader, limits: Limits): Draft | undefined {
  const roots: Draft[] = [];
  const queue: Pending[] = [{ fields: parsed as Fields, siblings: roots, depth: 1 }];
  for (let i = 0; i < queue.length; i++) {
    const { fields, siblings, depth } = queue[i] as Pending;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
    const { children } = fields;
    const draft = reader.node(fields);
    if (reader.malformed || !Array.isArray(children)) return undefined;
    if (depth > limits.depth || queue.length + children.length > limits.nodes) return undefined;
    for (const child of children) queue.push({ fields: child, siblings: draft.children, depth: depth + 1 });
    siblings.push(draft);
  }
  return roots[0];
}

/** Reads fields of unknown type; remembers in `malformed` that one had the wrong type, or passed a limit. */
class NodeReader {
  malformed = false;
  readonly #chars: number;

  constructor(chars: number) {
    this.#chars = chars;
  }

  /** A node without its children. */
  node(fields: Fields): Draft {
    const service = this.text(fields.service);
    const code = this.#code(fields.code);
    const message = this.text(fields.error);
    if (service === undefined || message === undefined) this.malformed = true;
    if (fields.status !== (code === "ok" ? "success" : "error")) this.malformed = true;
    const draft: Draft = {
      service: service ?? "",
      operation: this.text(fields.operation) ?? "",
      code,
      count: 1,
      children: [],
    };
    if (message) draft.message = message;
    for (const [key, property] of TEXTS) {
      const text = this.text(fields[key]);
      if (text !== undefined) draft[property] = text;
    }
    for (const key of LISTS) {
      const texts = this.#texts(fields[key]);
      if (texts !== undefined) draft[key] = texts;
    }
    for (const [key, , least] of NUMBERS) {
      const number = this.number(fields[key], least);
      if (number !== undefined) draft[key] = number;
    }
    for (const [key, mark] of FLAGS) if (this.#flag(fields[key])) draft[mark] = true;
    return draft;
  }

  text(value: unknown): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.length <= this.#chars) return value;
    return this.#reject();
  }

  /** A whole number, at least `least`. */
  number(value: unknown, least: number): number | undefined {
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_COUNT)
      return value as number;
    return this.#reject();
  }

  #texts(value: unknown): readonly string[] | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.#reject();
    const texts: string[] = [];
    for (const item of value) texts.push(this.text(item) ?? this.#reject() ?? "");
    return texts;
  }

  #flag(value: unknown): boolean {
    if (value !== undefined && typeof value !== "boolean") this.malformed = true;
    return value === true;
  }

  #code(value: unknown): Code {
    const code = typeof value === "string" ? codeFromName(value) : undefined;
    if (code !== undefined && code === value) return code;
    this.malformed = true;
    return "unknown";
  }

  #reject(): undefined {
    this.malformed = true;
  }
}
