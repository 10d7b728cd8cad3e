// Tree <-> JSON in the keys of the seed project, for people with curl and until both sides speak binary.
import { type Code, codeFromName } from "../model/code.ts";
import { driftText, isFailed, type TreeNode } from "../model/tree.ts";
import { cutText, type Limits, MAX_COUNT } from "./limits.ts";
import { isSpanId } from "./structured-field.ts";

/** What the root's object says beside the root node. */
export interface JsonHead {
  /** The id of the ask; absent where a person asks. */
  readonly id?: string;
  /** Exact number of nodes that were left out. */
  readonly omitted: number;
}

/** What a JSON answer says: the root node, whose `exported` is its own, and the head. */
export interface JsonAnswer extends JsonHead {
  readonly root: TreeNode;
}

/**
 * Writes a tree as JSON of printable ASCII, everything else as `\uXXXX` (a header may hold nothing else). `error` is the
 * message with the drift before it, `[DRIFT: permission-denied -> not-found] `. Strings are cut to the limit.
 * `undefined`: longer than `bytes`, or past a limit; found out without writing the rest. Iterative.
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
  const drift = driftPrefix(node);
  let out = `{"service":${quoted(node.service, chars)}`;
  if (node.operation !== "") out += `,"operation":${quoted(node.operation, chars)}`;
  out += `,"status":"${isFailed(node) ? "error" : "success"}","code":"${node.code}"`;
  out += `,"error":"${drift}${escaped(cutText(node.message ?? "", chars))}"`;
  if (node.errorType !== undefined) out += `,"type":${quoted(node.errorType, chars)}`;
  if (node.at !== undefined) out += `,"at":${quoted(node.at, chars)}`;
  if (node.peer !== undefined) out += `,"peer":${quoted(node.peer, chars)}`;
  if (node.frames !== undefined && node.frames.length > 0) out += `,"frames":${quotedList(node.frames, chars)}`;
  if (node.count > 1) out += `,"count":${Math.min(node.count, MAX_COUNT)}`;
  if (node.hops !== undefined) out += `,"hops":${Math.min(node.hops, MAX_COUNT)}`;
  if (node.unanswered) out += ',"unanswered":true';
  if (node.opaque) out += ',"opaque":true';
  if (node.abandoned) out += ',"abandoned":true';
  if (node.survived) out += ',"survived":true';
  if (node.mixed) out += ',"mixed":true';
  if (head?.id !== undefined) out += `,"id":"${head.id}"`;
  if (node.exported || head !== undefined) out += `,"exported":${node.exported === true}`;
  if (head !== undefined && head.omitted > 0) out += `,"omitted":${Math.min(head.omitted, MAX_COUNT)}`;
  return `${out},"children":[`;
}

function driftPrefix(node: TreeNode): string {
  const drift = driftText(node);
  return drift === "" ? "" : `[DRIFT: ${drift}] `;
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
    out += code === 0x22 || code === 0x5c ? `\\${text.charAt(i)}` : `\\u${code.toString(16).padStart(4, "0")}`;
    start = i + 1;
  }
  return start === 0 ? text : out + text.slice(start);
}

/**
 * Reads what {@link writeTree} wrote; unknown keys are skipped, a wrong type anywhere makes the whole malformed.
 * The drift before a message is derived again from the children and taken off. `operation` names a root that does not
 * name itself. `undefined`: malformed, or past a limit. Iterative; never throws.
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
  const left = reader.count(omitted);
  if (reader.malformed || (ask !== undefined && !isSpanId(ask))) return undefined;
  return { root, omitted: left ?? 0, ...(ask === undefined ? undefined : { id: ask }) };
}

/** A node while its children are still being read. */
type Draft = { -readonly [K in Exclude<keyof TreeNode, "children">]: TreeNode[K] } & { children: Draft[] };

/** A parsed object of which nothing is known. */
type Fields = { readonly [K in (typeof KEYS)[number]]?: unknown };
const KEYS = [
  ...["service", "operation", "status", "code", "error", "type", "at", "peer", "frames", "count", "hops"],
  ...["unanswered", "opaque", "abandoned", "survived", "mixed", "exported", "id", "omitted", "children"],
] as const;
