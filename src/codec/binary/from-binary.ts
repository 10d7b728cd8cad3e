// Reads a tree in the binary format of `error-tree.proto`.
import { codeFromNumber } from "../../model/code.ts";
import type { TreeNode } from "../../model/tree.ts";
import type { Draft } from "../draft.ts";
import { type Limits, MAX_COUNT } from "../limits.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Meter } from "./meter.ts";
import {
  ABANDONED,
  CODE_MASK,
  EXPORTED,
  KINDS,
  MIXED,
  OPAQUE,
  OWN,
  PENDING,
  SURVIVED,
  UNANSWERED,
  UNSURE,
  WAY,
} from "./numbers.ts";
import { Fields } from "./read-fields.ts";
import { readStrings } from "./read-strings.ts";

/** What a tree in binary says. */
export interface BinaryAnswer {
  readonly root: TreeNode;
  /** The ask's id, 16 hex digits; absent where it names none. */
  readonly id?: string;
  readonly omitted: number;
}

/**
 * Reads the first `length` bytes of a tree in binary. Unknown fields and marks are skipped; a number out of its bounds anywhere
 * makes the whole malformed. `operation` names a root that does not name itself. `undefined`: malformed, or past a limit.
 * Iterative; nothing is made before its number is checked; never throws.
 */
export function readBinary(
  bytes: Buffer,
  length: number,
  operation: string,
  limits: Limits,
  meter: Meter = { steps: 0 },
): BinaryAnswer | undefined {
  const reader = new ByteReader(bytes, length);
  const fields = new Fields();
  const whole = fields.read(reader, limits);
  meter.steps += reader.steps;
  if (!whole) return undefined;
  const strings = readStrings(bytes, fields, limits, meter);
  if (strings === undefined) return undefined;
  const nodes = readNodes(fields, strings, limits, meter);
  if (nodes === undefined || !readRare(fields, strings, nodes, meter)) return undefined;
  const root = nodes[0] as Draft;
  if (root.operation === "") root.operation = operation;
  const { idAt, omitted } = fields;
  if (idAt < 0) return { root, omitted };
  return { root, omitted, id: bytes.toString("hex", idAt, idAt + 8) };
}

/** The nodes in preorder, each with its children; `undefined` where the columns do not describe one tree. */
function readNodes(
  fields: Fields,
  strings: readonly string[],
  limits: Limits,
  meter: Meter,
): Draft[] | undefined {
  const { children, services, operations, outcomes, messages, errorTypes, kinds } = fields;
  let count = 1;
  for (let i = 0; i < children.length; i++) {
    meter.steps++;
    count += children[i] as number;
    if (count > limits.nodes) return undefined;
  }
  const longest = Math.max(
    children.length,
    operations.length,
    outcomes.length,
    messages.length,
    errorTypes.length,
    kinds.length,
  );
  // Services are the one column without gaps: else the one number 127 would make us build as many nodes.
  if (longest > count || services.length !== count) return undefined;
  const nodes: Draft[] = [];
  const path: Draft[] = [];
  const missing: number[] = [];
  for (let i = 0; i < count; i++) {
    meter.steps++;
    const outcome = i < outcomes.length ? (outcomes[i] as number) : 0;
    const code = codeFromNumber(outcome & CODE_MASK);
    const service = strings[services[i] as number];
    const operation = strings[i < operations.length ? (operations[i] as number) : 0];
    if (code === undefined || service === undefined || operation === undefined || outcome > 0xffff_ffff)
      return undefined;
    const node: Draft = { service, operation, code, count: 1, children: [] };
    if (i < messages.length && messages[i] !== 0) {
      const message = strings[messages[i] as number];
      if (message === undefined) return undefined;
      if (message !== "") node.message = message;
    }
    if (i < errorTypes.length && errorTypes[i] !== 0) {
      const errorType = strings[errorTypes[i] as number];
      if (errorType === undefined) return undefined;
      if (errorType !== "") node.errorType = errorType;
    }
    if (outcome > CODE_MASK) mark(node, outcome);
    const kind = i < kinds.length ? KINDS[kinds[i] as number] : undefined;
    if (kind !== undefined) node.outline = { kind };
    nodes.push(node);
    const top = path.length - 1;
    if (top >= 0) {
      (path[top] as Draft).children.push(node);
      (missing[top] as number)--;
    } else if (i > 0) {
      return undefined;
    }
    const beneath = i < children.length ? (children[i] as number) : 0;
    if (beneath > 0) {
      path.push(node);
      missing.push(beneath);
    }
    if (path.length + (beneath > 0 ? 0 : 1) > limits.depth) return undefined;
    while (missing.length > 0 && missing[missing.length - 1] === 0) {
      meter.steps++;
      missing.pop();
      path.pop();
    }
  }
  return nodes;
}

function mark(node: Draft, outcome: number): void {
  if (outcome & EXPORTED) node.exported = true;
  if (outcome & SURVIVED) node.survived = true;
  if (outcome & UNANSWERED) node.unanswered = true;
  if (outcome & OPAQUE) node.opaque = true;
  if (outcome & ABANDONED) node.abandoned = true;
  if (outcome & MIXED) node.mixed = true;
  if (outcome & OWN) node.own = true;
  if (outcome & UNSURE) node.unsure = true;
  if (outcome & PENDING) node.pending = true;
  if (outcome & WAY) node.way = true;
}

/** Fills in the rare properties; false where a group names a node, string or number that cannot be. */
function readRare(
  fields: Fields,
  strings: readonly string[],
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  return (
    eachGroup(fields.insides, 2, nodes, meter, (node, text) => {
      const at = strings[text];
      if (at === undefined) return false;
      if (at !== "") node.at = at;
      return true;
    }) &&
    eachGroup(fields.peers, 2, nodes, meter, (node, text) => {
      const peer = strings[text];
      if (peer === undefined) return false;
      if (peer !== "") node.peer = peer;
      return true;
    }) &&
    eachGroup(fields.counts, 2, nodes, meter, (node, count) => {
      node.count = count;
      return count >= 1;
    }) &&
    eachGroup(fields.hops, 2, nodes, meter, (node, hops) => {
      node.hops = hops;
      return hops >= 1;
    }) &&
    eachGroup(fields.times, 3, nodes, meter, (node, startMs, durationMs) => {
      // Without a kind there is nothing to be written.
      if (node.outline !== undefined) node.outline = { kind: node.outline.kind, startMs, durationMs };
      return true;
    }) &&
    eachGroup(fields.pendingMs, 2, nodes, meter, (node, pendingMs) => {
      node.pendingMs = pendingMs;
      return true;
    }) &&
    readFrames(fields.frames, strings, nodes, meter)
  );
}

/** Visits each group's node; false where the groups do not fit the nodes, or `visit` says so. */
function eachGroup(
  column: readonly number[],
  size: 2 | 3,
  nodes: readonly Draft[],
  meter: Meter,
  visit: (node: Draft, first: number, second: number) => boolean,
): boolean {
  if (column.length % size !== 0) return false;
  let index = -1;
  for (let i = 0; i < column.length; i += size) {
    meter.steps++;
    index += 1 + (column[i] as number);
    const node = nodes[index];
    const first = column[i + 1] as number;
    const second = size === 3 ? (column[i + 2] as number) : 0;
    if (node === undefined || first > MAX_COUNT || second > MAX_COUNT) return false;
    if (!visit(node, first, second)) return false;
  }
  return true;
}

function readFrames(
  column: readonly number[],
  strings: readonly string[],
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  let index = -1;
  for (let i = 0; i < column.length; ) {
    meter.steps++;
    index += 1 + (column[i] as number);
    const node = nodes[index];
    const end = i + 2 + (column[i + 1] ?? 0);
    if (node === undefined || end > column.length) return false;
    const frames: string[] = [];
    for (let j = i + 2; j < end; j++) {
      meter.steps++;
      const frame = strings[column[j] as number];
      if (frame === undefined) return false;
      frames.push(frame);
    }
    if (frames.length > 0) node.frames = frames;
    i = end;
  }
  return true;
}
