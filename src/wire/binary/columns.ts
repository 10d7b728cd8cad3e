// The properties of nodes on the wire, one row for each column of `error-tree.proto`: writer and reader follow this table alone.
import { CODES, codeFromNumber } from "../../spans/code.ts";
import type { TreeNode } from "../../tree/tree.ts";
import type { Draft } from "../draft.ts";
import { marksOf, setMarks } from "./marks.ts";
import { KINDS } from "./numbers.ts";

/** The number of a string in the table of strings; 0 for the empty string. */
type NumberOf = (text: string) => number;

/** The strings by number, the empty string first. */
export type Strings = readonly string[];

/** One number for every node. Zeros at the end are left out, unless the column has no gaps. */
export interface DenseColumn {
  readonly field: number;
  readonly shape: "dense";
  /** Every node has its number, so that nobody can claim many nodes with few bytes. */
  readonly gapless?: true;
  readonly write: (node: TreeNode, numberOf: NumberOf) => number;
  /** Sets the property; false if the number can mean nothing. Not called for 0. */
  readonly read: (node: Draft, value: number, strings: Strings) => boolean;
}

/** A group of two numbers for each node that has the property: how many nodes were passed over since the last one, and the number. */
export interface RareColumn {
  readonly field: number;
  readonly shape: "rare";
  readonly write: (node: TreeNode, numberOf: NumberOf) => number | undefined;
  /** Sets the property; false if the number can mean nothing. It is within its bounds. */
  readonly read: (node: Draft, value: number, strings: Strings) => boolean;
}

/** As a rare column, with two numbers in each group. */
export interface PairColumn {
  readonly field: number;
  readonly shape: "pair";
  readonly write: (node: TreeNode) => readonly [number, number] | undefined;
  readonly read: (node: Draft, first: number, second: number) => void;
}

/** As a rare column, with a list of strings: nodes passed over, how many strings, the strings. */
export interface ListColumn {
  readonly field: number;
  readonly shape: "list";
  readonly write: (node: TreeNode) => readonly string[] | undefined;
  readonly read: (node: Draft, texts: readonly string[]) => void;
}

export type Column = DenseColumn | RareColumn | PairColumn | ListColumn;

type TextProperty = "service" | "operation" | "message" | "errorType" | "at" | "peer";

/** Sets a text that is not empty; false if there is no such string. */
function readText(property: TextProperty): DenseColumn["read"] {
  return (node, value, strings) => {
    const text = strings[value];
    if (text) node[property] = text;
    return text !== undefined;
  };
}

/** Strings of most nodes. */
function denseText(field: number, property: TextProperty): DenseColumn {
  const write: DenseColumn["write"] = (node, numberOf) => numberOf(node[property] ?? "");
  return { field, shape: "dense", write, read: readText(property) };
}

/** Strings of few nodes. */
function rareText(field: number, property: TextProperty): RareColumn {
  const write: RareColumn["write"] = (node, numberOf) => numberOf(node[property] ?? "") || undefined;
  return { field, shape: "rare", write, read: readText(property) };
}

/** What `outcomes` says beside the code is above these bits. */
const CODE_MASK = 31;
const LARGEST_OUTCOME = 0xffff_ffff;

/** In the order in which they are written. The structure, `children`, is no property: writer and reader have it by hand. */
export const COLUMNS: readonly Column[] = [
  { ...denseText(6, "service"), gapless: true },
  denseText(7, "operation"),
  {
    field: 8,
    shape: "dense",
    write: (node) => CODES[node.code] | marksOf(node),
    read: (node, value) => {
      const code = codeFromNumber(value & CODE_MASK);
      if (code === undefined || value > LARGEST_OUTCOME) return false;
      node.code = code;
      if (value > CODE_MASK) setMarks(node, value);
      return true;
    },
  },
  denseText(9, "message"),
  denseText(10, "errorType"),
  rareText(11, "at"),
  rareText(12, "peer"),
  {
    field: 13,
    shape: "rare",
    write: (node) => (node.count > 1 ? node.count : undefined),
    read: (node, count) => {
      node.count = count;
      return count >= 1;
    },
  },
  {
    field: 14,
    shape: "rare",
    write: (node) => node.hops || undefined,
    read: (node, hops) => {
      node.hops = hops;
      return hops >= 1;
    },
  },
  {
    field: 15,
    shape: "list",
    write: ({ frames }) => (frames !== undefined && frames.length > 0 ? frames : undefined),
    read: (node, texts) => {
      node.frames = texts;
    },
  },
  {
    field: 16,
    shape: "dense",
    write: (node) => (node.stub === undefined ? 0 : KINDS.indexOf(node.stub.kind)),
    read: (node, value) => {
      const kind = KINDS[value];
      if (kind !== undefined) node.stub = { kind };
      return true;
    },
  },
  {
    field: 17,
    shape: "pair",
    write: ({ stub }) =>
      stub?.startMs === undefined || stub.durationMs === undefined
        ? undefined
        : [stub.startMs, stub.durationMs],
    read: (node, startMs, durationMs) => {
      // Without a kind there is nothing to be written.
      if (node.stub !== undefined) node.stub = { kind: node.stub.kind, startMs, durationMs };
    },
  },
  {
    field: 18,
    shape: "rare",
    write: (node) => node.pendingMs,
    read: (node, pendingMs) => {
      node.pendingMs = pendingMs;
      return true;
    },
  },
];
