// Writes and reads the header value of an answer: the tree if there is room for it, else the code alone.
import { isRejection } from "../spans/code.ts";
import {
  countNodes,
  type ErrorTree,
  nodesOf,
  type TreeNode,
  UNKNOWN_SERVICE,
  verdictOf,
} from "../tree/tree.ts";
import { isBinaryValue, readValue, ValueWriter } from "./binary/value.ts";
import { pruneTree } from "./fit.ts";
import { formatMinimal, MINIMAL_BYTES, type MinimalAnswer, parseMinimal } from "./header.ts";
import { readTree, writeTree } from "./json.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Answer, AnswerCodec, Ask, ByteBudget, EncodedAnswer } from "./messages.ts";

/** Smallest tree, one failed node with a service and the id: 16 bytes binary, 30 characters as a header value. */
const SMALLEST_TREE = 30;
/** Length of a span id in hex. */
const ID_BYTES = 16;
const OK_HEAD = 'ok;id="';
/** Index of the quote after the id. */
const OK_ID_END: number = OK_HEAD.length + ID_BYTES;
const OK_SERVICE = ';s="';

/**
 * The codec of the header in both directions. Trees travel in binary, or as JSON of printable ASCII to those who ask for
 * it, pruned to the room there is; everything else as the minimal answer. What peers send is read within `limits`;
 * nothing throws.
 */
export function createAnswerCodec(limits: Partial<Limits> = {}): AnswerCodec {
  const bounds: Limits = { ...DEFAULT_LIMITS, ...limits };
  const writer = new ValueWriter(bounds);
  const plain = new PlainAnswers();
  return {
    encode(outcome, ask, room) {
      const known = plain.of(outcome, ask, room);
      if (known !== undefined) return { value: known, minimal: true };
      const withTree = outcome.tree !== undefined || ask.json;
      const encoded = withTree ? encodeTree(outcome, ask, room, writer, bounds) : undefined;
      if (encoded !== undefined) return encoded;
      const minimal = minimalOf(outcome, ask);
      const value = formatMinimal(minimal, room.minimalBytes);
      if (value === undefined) return undefined;
      return { value, minimal: true, ...leftOut(outcome, minimal.omitted) };
    },
    decode(value, id, operation) {
      const service = id === undefined ? undefined : plainService(value, id);
      if (service !== undefined) return { service, code: "ok", exported: false };
      if (isBinaryValue(value)) return outcomeOfTree(readValue(value, operation, bounds), id);
      if (value.startsWith("{")) return outcomeOfTree(readTree(value, operation, bounds), id);
      return decodeMinimal(value, id, operation);
    },
  };
}

/** Writes the answer that nothing failed, which nearly every answer is: of one service all are alike but for the id. */
class PlainAnswers {
  #service = "";
  #tail = "";

  /** `undefined` for any other answer, and for one that does not fit as it is. */
  of(outcome: Answer, { id, json }: Ask, room: ByteBudget): string | undefined {
    const { code, exported, service } = outcome;
    if (code !== "ok" || exported || json || id?.length !== ID_BYTES || outcome.tree !== undefined)
      return undefined;
    if (service !== this.#service) {
      if (room.minimalBytes < MINIMAL_BYTES) return undefined;
      const alone = formatMinimal(
        { code, service, exported, omitted: 0, mixed: false, id },
        room.minimalBytes,
      );
      this.#service = service;
      this.#tail = alone?.slice(OK_ID_END) ?? "";
    }
    const tail = this.#tail;
    if (tail === "" || OK_ID_END + tail.length > room.minimalBytes) return undefined;
    return OK_HEAD + id + tail;
  }
}

/** Nodes that encoding left out, without those already missing. */
function leftOut({ tree }: Answer, omitted: number): Pick<EncodedAnswer, "omitted"> | undefined {
  const before = tree?.omitted ?? 0;
  return omitted > before ? { omitted: omitted - before } : undefined;
}

/** The value that fits; `undefined` if not even the root and its first root cause do. */
function encodeTree(
  outcome: Answer,
  ask: Ask,
  room: ByteBudget,
  writer: ValueWriter,
  limits: Limits,
): EncodedAnswer | undefined {
  const bytes = Math.min(room.treeBytes, limits.valueBytes);
  if (bytes < SMALLEST_TREE) return undefined;
  const write = (candidate: ErrorTree): string | undefined =>
    ask.json ? writeJson(candidate, outcome, ask, bytes, limits) : writer.write(candidate, ask.id, bytes);
  const tree = markedTree(outcome);
  const whole = write(tree);
  if (whole !== undefined) return { value: whole, minimal: false };
  const pruned = pruneTree(tree, (candidate) => write(candidate) !== undefined);
  const value = pruned === undefined ? undefined : write(pruned);
  if (pruned === undefined || value === undefined) return undefined;
  return { value, minimal: false, ...leftOut(outcome, pruned.omitted) };
}

/** Warnings about the set-up are left out first. */
function writeJson(
  { root, omitted }: ErrorTree,
  { warnings }: Answer,
  { id }: Ask,
  bytes: number,
  limits: Limits,
): string | undefined {
  const head = { omitted, ...(id === undefined ? undefined : { id }) };
  const all = warnings === undefined ? undefined : { ...head, warnings };
  return (
    (all === undefined ? undefined : writeTree(root, all, bytes, limits)) ??
    writeTree(root, head, bytes, limits)
  );
}

/** The tree, or one node if there is none; the answer's exported bit is set on the root if it is set on no node. */
function markedTree(outcome: Answer): ErrorTree {
  const { service, code, exported } = outcome;
  const tree = outcome.tree ?? {
    traceId: "",
    root: { service, operation: "", code, count: 1, children: [] },
    omitted: 0,
  };
  return exported && !anyExported(tree.root) ? { ...tree, root: { ...tree.root, exported: true } } : tree;
}

function anyExported(root: TreeNode): boolean {
  for (const node of nodesOf(root)) if (node.exported) return true;
  return false;
}

function minimalOf(outcome: Answer, ask: Ask): MinimalAnswer {
  const { service, tree } = outcome;
  const code = tree?.root.code ?? outcome.code;
  return {
    code,
    service,
    exported: outcome.exported || (tree !== undefined && anyExported(tree.root)),
    omitted: tree === undefined ? 0 : tree.omitted + countNodes(tree.root) - 1,
    mixed: tree !== undefined && isRejection(code) && verdictOf(tree.root) === "failed",
    ...(ask.id === undefined ? undefined : { id: ask.id }),
  };
}

/** What a tree says about the call; a tree without failures is how JSON says that nothing failed. */
function outcomeOfTree(
  answer: { readonly root: TreeNode; readonly omitted: number; readonly id?: string } | undefined,
  id: string | undefined,
): Answer | "malformed" | "foreign" {
  if (answer === undefined) return "malformed";
  if (id !== undefined && answer.id !== id) return "foreign";
  const { root, omitted } = answer;
  const { service, code } = root;
  const outcome: Answer = { service, code, exported: anyExported(root) };
  if (code === "ok" && root.children.length === 0 && omitted === 0) return outcome;
  return { ...outcome, tree: received(root, omitted, answer.id) };
}

function decodeMinimal(
  value: string,
  id: string | undefined,
  operation: string,
): Answer | "malformed" | "foreign" {
  const answer = parseMinimal(value);
  if (answer === undefined) return "malformed";
  if (id !== undefined && answer.id !== id) return "foreign";
  // There was no room for the name.
  const { code, exported, omitted, service = UNKNOWN_SERVICE } = answer;
  const outcome: Answer = { service, code, exported };
  if (code === "ok" && omitted === 0) return outcome;
  const root: TreeNode = {
    service,
    operation,
    code,
    count: 1,
    children: [],
    ...(exported ? { exported } : undefined),
    ...(answer.mixed && code !== "ok" ? { mixed: true } : undefined),
  };
  return { ...outcome, tree: received(root, omitted, answer.id) };
}

/** A tree as it came: its trace is the request's, which the header does not repeat. */
function received(root: TreeNode, omitted: number, id: string | undefined): ErrorTree {
  return { traceId: "", root, omitted, ...(id === undefined ? undefined : { parentSpanId: id }) };
}

/**
 * The service of `ok;id="<id>";s="payment"`, which nearly every answer is; `undefined` for anything else, escapes
 * included, which the full reader understands.
 */
function plainService(value: string, id: string): string | undefined {
  if (id.length !== ID_BYTES || !value.startsWith(OK_HEAD) || !value.startsWith(id, OK_HEAD.length))
    return undefined;
  if (value.charCodeAt(OK_ID_END) !== 0x22) return undefined;
  if (!value.startsWith(OK_SERVICE, OK_ID_END + 1)) return undefined;
  const last = value.length - 1;
  const start = OK_ID_END + 1 + OK_SERVICE.length;
  if (last < start || last > 128 || value.charCodeAt(last) !== 0x22) return undefined;
  for (let i = start; i < last; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return undefined;
  }
  return value.slice(start, last);
}
