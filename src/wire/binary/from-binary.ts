// Reads a tree in the binary format of `error-tree.proto`.
import type { TreeNode } from "../../tree/tree.ts";
import type { Draft } from "../draft.ts";
import { type Limits, MAX_COUNT } from "../limits.ts";
import { ByteReader } from "./byte-reader.ts";
import {
  COLUMNS,
  type DenseColumn,
  type ListColumn,
  type PairColumn,
  type RareColumn,
  type Strings,
} from "./columns.ts";
import type { Meter } from "./meter.ts";
import { Fields } from "./read-fields.ts";
import { readStrings } from "./read-strings.ts";

/** What a tree in binary says. */
export interface BinaryAnswer {
  readonly root: TreeNode;
  /** The ask's id, 16 hex digits; absent if it names none. */
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
  const nodes = readNodes(fields, limits, meter);
  if (nodes === undefined || !readColumns(fields, strings, nodes, meter)) return undefined;
  const root = nodes[0] as Draft;
  if (root.operation === "") root.operation = operation;
  const { idAt, omitted } = fields;
  if (idAt < 0) return { root, omitted };
  return { root, omitted, id: bytes.toString("hex", idAt, idAt + 8) };
}

/** The nodes in preorder, each with its children; `undefined` if the columns do not describe one tree. */
function readNodes(fields: Fields, limits: Limits, meter: Meter): Draft[] | undefined {
  const { children } = fields;
  let count = 1;
  for (let i = 0; i < children.length; i++) {
    meter.steps++;
    count += children[i] as number;
    if (count > limits.nodes) return undefined;
  }
  if (children.length > count || !fitsColumns(fields, count)) return undefined;
  const nodes: Draft[] = [];
  const path: Draft[] = [];
  const missing: number[] = [];
  for (let i = 0; i < count; i++) {
    meter.steps++;
    const node: Draft = { service: "", operation: "", code: "ok", count: 1, children: [] };
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

/** False for a column of more numbers than nodes, or of fewer if it has no gaps: one number could claim a thousand nodes. */
function fitsColumns(fields: Fields, nodes: number): boolean {
  for (const column of COLUMNS) {
    if (column.shape !== "dense") continue;
    const { length } = fields.column(column);
    if (length > nodes || (column.gapless && length !== nodes)) return false;
  }
  return true;
}

/** Fills in the properties; false if a number names a node, string or value that cannot be. */
function readColumns(fields: Fields, strings: Strings, nodes: readonly Draft[], meter: Meter): boolean {
  for (const column of COLUMNS) {
    const numbers = fields.column(column);
    const fits =
      column.shape === "dense"
        ? readDense(column, numbers, strings, nodes, meter)
        : column.shape === "rare"
          ? readRare(column, numbers, strings, nodes, meter)
          : column.shape === "pair"
            ? readPairs(column, numbers, nodes, meter)
            : readLists(column, numbers, strings, nodes, meter);
    if (!fits) return false;
  }
  return true;
}

function readDense(
  column: DenseColumn,
  numbers: readonly number[],
  strings: Strings,
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  for (let i = 0; i < numbers.length; i++) {
    meter.steps++;
    const value = numbers[i] as number;
    if (value !== 0 && !column.read(nodes[i] as Draft, value, strings)) return false;
  }
  return true;
}

function readRare(
  { read }: RareColumn,
  numbers: readonly number[],
  strings: Strings,
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  if (numbers.length % 2 !== 0) return false;
  let index = -1;
  for (let i = 0; i < numbers.length; i += 2) {
    meter.steps++;
    index += 1 + (numbers[i] as number);
    const node = nodes[index];
    const value = numbers[i + 1] as number;
    if (node === undefined || value > MAX_COUNT || !read(node, value, strings)) return false;
  }
  return true;
}

function readPairs(
  { read }: PairColumn,
  numbers: readonly number[],
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  if (numbers.length % 3 !== 0) return false;
  let index = -1;
  for (let i = 0; i < numbers.length; i += 3) {
    meter.steps++;
    index += 1 + (numbers[i] as number);
    const node = nodes[index];
    const first = numbers[i + 1] as number;
    const second = numbers[i + 2] as number;
    if (node === undefined || first > MAX_COUNT || second > MAX_COUNT) return false;
    read(node, first, second);
  }
  return true;
}

function readLists(
  column: ListColumn,
  numbers: readonly number[],
  strings: Strings,
  nodes: readonly Draft[],
  meter: Meter,
): boolean {
  let index = -1;
  for (let i = 0; i < numbers.length; ) {
    meter.steps++;
    index += 1 + (numbers[i] as number);
    const node = nodes[index];
    const end = i + 2 + (numbers[i + 1] ?? 0);
    if (node === undefined || end > numbers.length) return false;
    const texts: string[] = [];
    for (let j = i + 2; j < end; j++) {
      meter.steps++;
      const text = strings[numbers[j] as number];
      if (text === undefined) return false;
      texts.push(text);
    }
    if (texts.length > 0) column.read(node, texts);
    i = end;
  }
  return true;
}
